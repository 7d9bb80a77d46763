// The playground as a page of its own, without the documentation around it: for tests and for work on it.
import { mount } from "./index.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark", dark.matches);
dark.addEventListener("change", follow);
follow();
const parent = document.getElementById("playground");
if (parent) mount(parent);
