// The theme of the site: VitePress's own. Components for pages are registered in `enhanceApp`.
import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import "./style.css";

export default { extends: DefaultTheme } satisfies Theme;
