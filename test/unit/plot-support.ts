/** An element of a parsed document. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Text directly in it. */
  readonly text: string;
}

interface Open extends Element {
  children: Element[];
  text: string;
}

const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

/**
 * Parses the XML that charts consist of: elements, attributes in double quotes, text. @throws where it is not well
 * formed, or has characters that XML forbids.
 */
export function parseXml(source: string): Element {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(source) || /\p{Surrogate}/u.test(source))
    throw new Error("forbidden");
  const root: Open = { name: "", attributes: {}, children: [], text: "" };
  const stack = [root];
  const token = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/gy;
  let read = 0;
  for (const [all, closes, name = "", list = "", isEmpty, text, stray] of source.matchAll(token)) {
    read += all.length;
    const parent = stack.at(-1) as Open;
    if (stray) throw new Error(`stray < at ${all}`);
    if (text !== undefined) {
      if (/&(?!#\d+;)/.test(text)) throw new Error(`bare & in ${text}`);
      parent.text += unescaped(text);
    } else if (closes) {
      if (stack.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
    } else {
      if (/&(?!#\d+;)/.test(list)) throw new Error(`bare & in ${list}`);
      const pairs = [...list.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
        key,
        unescaped(value),
      ]);
      if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`an attribute twice in ${all}`);
      const element: Open = { name, attributes: Object.fromEntries(pairs), children: [], text: "" };
      parent.children.push(element);
      if (!isEmpty) stack.push(element);
    }
  }
  const [only, other] = root.children;
  if (read < source.length || stack.length > 1 || !only || other || root.text) throw new Error("not one element");
  return only;
}

/** All elements of a name, in the order of the document. */
export const all = (element: Element, name: string): Element[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name)),
];

/** The texts that are drawn. */
export const textsOf = (svg: string): string[] => all(parseXml(svg), "text").map(({ text }) => text);

/** Whether an element has a class. */
export const hasClass = ({ attributes }: Element, name: string): boolean =>
  (attributes.class ?? "").split(" ").includes(name);

/** The points of paths, those of a class if one is given. */
export const pathsOf = (svg: string, as?: string): string[] =>
  all(parseXml(svg), "path").flatMap((path) =>
    as === undefined || hasClass(path, as) ? [path.attributes.d ?? ""] : [],
  );
