// The playground as a page of its own. Build the package first (npm run build).
import { aliases } from "./aliases.js";

export default {
  base: "./",
  resolve: { alias: aliases },
  worker: { format: "es" },
  build: { target: "es2022", chunkSizeWarningLimit: 1000 },
};
