// The theme of the site: VitePress's own. Components for pages are registered in `enhanceApp`.
import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { Playground, repairHash } from "./playground.ts";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component("Playground", Playground);
    if (typeof window !== "undefined") repairHash();
  },
} satisfies Theme;
