// Addresses of settings that show something: what goes wrong in deep networks, and what helps.
import { element } from "./dom.ts";

/** Names and hashes. */
export const experiments: readonly (readonly [name: string, hash: string])[] = [
  ["Two spirals", "data=spiral&layers=8-8-8&activation=relu&initializer=heNormal"],
  ["Vanishing gradients: six sigmoid layers", "data=xor&layers=8-8-8-8-8-8&activation=sigmoid&optimizer=sgd&rate=0.1"],
  [
    "The same with batch normalization",
    "data=xor&layers=8-8-8-8-8-8&activation=sigmoid&normalization=on&optimizer=sgd&rate=0.1",
  ],
  ["Saturated units: weights too large", "data=circles&layers=8-8-8&initializer=large&optimizer=sgd&rate=0.03"],
  ["All weights alike: zeros", "data=circles&initializer=zeros"],
  ["Learning rate too high", "data=circles&layers=8-8&activation=relu&initializer=heNormal&optimizer=sgd&rate=10"],
  ["Inputs not normalized", "data=circles&scale=100&layers=8-8&optimizer=sgd&rate=0.03"],
  [
    "Overfitting: much noise, a wide network",
    "data=circles&noise=0.5&samples=100&layers=64-64&activation=relu&initializer=heNormal",
  ],
  [
    "The same with L2 and dropout",
    "data=circles&noise=0.5&samples=100&layers=64-64&activation=relu&initializer=heNormal&l2=0.01&dropout=0.5",
  ],
  [
    "A convolution on Fashion-MNIST",
    "data=fashion&features=convolution&layers=16&activation=relu&initializer=heNormal&rate=0.001",
  ],
];

/** Links to them: the page follows its address. */
export const experimentList = (): HTMLElement =>
  element(
    "ul",
    { class: "pg-experiments" },
    ...experiments.map(([name, hash]) => element("li", {}, element("a", { href: `#${hash}` }, name))),
  );
