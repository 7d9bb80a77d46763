// Within this repository aretejs is its source, by the paths of tsconfig.json.
export default {
  resolve: { tsconfigPaths: true },
  build: { target: "es2022", chunkSizeWarningLimit: 5000 },
  server: { headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
};
