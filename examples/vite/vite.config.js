export default {
  // Within this repository aretejs is its source, by the paths of tsconfig.json.
  resolve: { tsconfigPaths: true },
  // The worker loads parts of aretejs when it needs them; without this, Vite puts all of them into one file.
  worker: { format: "es" },
  build: { target: "es2022" },
  server: { headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
};
