// Which WebGPU adapter Dawn takes: the environment in which a process must start, and the options of `create`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * The environment for a process with WebGPU. Without a name: SwiftShader, the software adapter of Debian's Chromium, so
 * that results do not depend on the machine. With a name: the environment as it is, and Dawn takes that adapter.
 * @throws Error where SwiftShader is not installed.
 */
export function environmentFor(adapter: string | undefined): NodeJS.ProcessEnv {
  if (adapter !== undefined) return { ...process.env, WEBGPU_ADAPTER: adapter };
  const icd = swiftShader();
  const folder = dirname(icd);
  return {
    ...process.env,
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
    VK_ICD_FILENAMES: icd,
    XDG_RUNTIME_DIR: temporaryFolder("aretejs-xdg-"),
    WEBGPU_ADAPTER: "",
  };
}

/** The file that describes SwiftShader to a Vulkan loader. */
function swiftShader(): string {
  const name = "vk_swiftshader_icd.json";
  const found = [`/usr/lib/chromium/${name}`, ...filesOfPackage().filter((file) => file.endsWith(name))].find((file) =>
    existsSync(file),
  );
  if (found) return found;
  throw new Error(
    "test:webgpu: there must be an adapter. Expected SwiftShader of Debian's Chromium, found none. " +
      "Install it (apt-get install --no-install-recommends chromium), or name a GPU's adapter (--adapter NAME).",
  );
}

function filesOfPackage(): string[] {
  try {
    return execFileSync("dpkg", ["-L", "chromium-common"], { encoding: "utf8", stdio: "pipe" }).split("\n");
  } catch {
    return [];
  }
}

/** A folder that is gone when the process ends. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
