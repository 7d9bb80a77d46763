// Notes about what could not be kept of a file.

/** Passes each text on once, as a sentence that names the function that was called. */
export function notesTo(owner: string, onNote: (note: string) => void): (text: string) => void {
  const passed = new Set<string>();
  return (text) => {
    if (passed.has(text)) return;
    passed.add(text);
    onNote(`${owner}: ${text}.`);
  };
}
