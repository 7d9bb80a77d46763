// Numbers of Keras 3.15.1.
import { expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { categoryEncoding, discretization, type Layer, sequential, tensor } from "../../src/index.ts";

/** What a layer makes of whole numbers [1, 3, 2]. */
async function encoded(layer: Layer): Promise<unknown> {
  const net = sequential([layer]);
  net.build([null, 3, 2]);
  net.compile({ backend: js() });
  return (
    await net.predict(
      tensor([
        [
          [0, 1],
          [1, 1],
          [2, 0],
        ],
      ]),
    )
  ).array();
}

it("takes axis 1 together where there are further axes, as Keras does", async () => {
  const counts = [
    [
      [1, 1, 1],
      [1, 2, 0],
    ],
  ];
  const hot = [
    [
      [1, 1, 1],
      [1, 1, 0],
    ],
  ];
  expect(await encoded(categoryEncoding(3, { outputMode: "count" }))).toEqual(counts);
  expect(await encoded(categoryEncoding(3, { outputMode: "multiHot" }))).toEqual(hot);
  expect(await encoded(discretization([0.5, 1.5], { outputMode: "count" }))).toEqual(counts);
});
