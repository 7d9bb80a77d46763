// The playground as a component of the site: loaded in the browser only, when its page is opened.
import { defineComponent, h, onBeforeUnmount, onMounted, ref } from "vue";

export const Playground = defineComponent({
  name: "Playground",
  setup() {
    const place = ref<HTMLElement>();
    let isOpen = true;
    let close: (() => void) | undefined;
    onMounted(async () => {
      const { mount } = await import("../../playground/index.ts");
      if (isOpen && place.value) close = mount(place.value);
    });
    onBeforeUnmount(() => {
      isOpen = false;
      close?.();
    });
    return () => h("div", { ref: place, class: "playground" });
  },
});

/**
 * A hash that is no correct encoding (a cut address) is replaced by what can be read of it, before VitePress decodes it in
 * search of a heading. What is left of it is named by the playground itself.
 */
export function repairHash(): void {
  try {
    decodeURIComponent(location.hash);
  } catch {
    history.replaceState(history.state, "", `#${new URLSearchParams(location.hash.slice(1))}`);
  }
}
