// Making elements.

type Child = Node | string | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children; attributes that are false or undefined are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return made;
}

export function button(text: string, attributes: Attributes, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

/** A part of the page with a heading. */
export function panel(name: string, title: string, ...children: readonly Child[]): HTMLElement {
  const id = `pg-${name}-title`;
  return element(
    "section",
    { class: `pg-panel pg-${name}`, "aria-labelledby": id },
    element("h2", { id }, title),
    ...children,
  );
}

let count = 0;
/** An id that no other element has. */
export const uniqueId = (): string => `pg-${++count}`;
