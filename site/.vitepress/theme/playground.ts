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
