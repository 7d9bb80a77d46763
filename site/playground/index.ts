/**
 * The playground of the documentation: a small network that is trained in the page, in a worker, by the installed
 * package. `mount(element)` puts it into an element of a page and gives a function that takes it away.
 */
import "./style.css";
import { Playground } from "./view/app.ts";

export function mount(parent: HTMLElement): () => void {
  const playground = new Playground();
  parent.append(playground.root);
  playground.open();
  return () => playground.close();
}
