// The theme of the site: VitePress's own. Components for pages are registered in `enhanceApp`.
import type { Theme } from "vitepress";
import { withBase } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { h } from "vue";
import picture from "../../../docs/screenshots/playground.png";
import { Playground, repairHash } from "./playground.ts";
import "./style.css";

/** Beside the first words of the start page: the playground. */
const heroImage = () =>
  h("a", { class: "hero-picture", href: withBase("/playground") }, [
    h("img", {
      src: picture,
      width: 1120,
      height: 788,
      alt: "The playground: a network trains in the page, and shows the boundary that it learns.",
    }),
  ]);

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { "home-hero-image": heroImage }),
  enhanceApp: ({ app }) => {
    app.component("Playground", Playground);
    if (typeof window !== "undefined") repairHash();
  },
} satisfies Theme;
