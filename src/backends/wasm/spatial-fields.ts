import type { Spatial } from "../../ir/windows.ts";

const axes = ["Depth", "Height", "Width"] as const;

/** Extents by the names that AssemblyScript has for them: { in: [1, 8, 9] } as inDepth, inHeight, inWidth. */
export function spatialFields(extents: Readonly<Record<string, Spatial>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(extents).flatMap(([name, list]) => list.map((extent, axis) => [name + axes[axis], extent])),
  );
}

/** The same for height and width alone. */
export function planeFields(extents: Readonly<Record<string, Spatial>>): Record<string, number> {
  return Object.fromEntries(Object.entries(spatialFields(extents)).filter(([name]) => !name.endsWith("Depth")));
}
