export default {
  // Within this repository aretejs is its source, by the paths of tsconfig.json.
  resolve: { tsconfigPaths: true },
  // aretejs loads some of its parts when they are needed, which workers can only do as modules.
  worker: { format: "es" },
  build: { target: "es2022" },
  server: { headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
};
