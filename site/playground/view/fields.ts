// Form fields of the settings.
import { type Choice, type ChoiceName, choices } from "../settings.ts";
import { element, uniqueId } from "./dom.ts";

/** A field whose value can be shown again when settings come from elsewhere. */
export interface Field {
  readonly root: HTMLElement;
  show(value: string): void;
}

/** A labelled select of one setting. */
export function choiceField(name: ChoiceName, change: (value: string) => void): Field {
  const choice: Choice = choices[name];
  const id = uniqueId();
  const select = element(
    "select",
    { id, name },
    ...choice.options.map(([value, label]) => element("option", { value }, label)),
  );
  select.addEventListener("change", () => change(select.value));
  return {
    root: element("div", { class: "pg-field" }, element("label", { for: id }, choice.label), select),
    show: (value) => {
      select.value = value;
    },
  };
}

/** A labelled number. `read` gives whether the text was taken; else the field says that it is wrong. */
export function seedField(read: (text: string) => boolean): Field {
  const id = uniqueId();
  const input = element("input", { id, name: "seed", inputmode: "numeric", autocomplete: "off", size: 6 });
  input.addEventListener("change", () => {
    input.setAttribute("aria-invalid", String(!read(input.value)));
  });
  return {
    root: element("div", { class: "pg-field pg-seed" }, element("label", { for: id }, "Seed"), input),
    show: (value) => {
      if (input.value !== value) input.value = value;
      input.removeAttribute("aria-invalid");
    },
  };
}
