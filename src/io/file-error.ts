// The error that all readers and writers of files throw.
import { AreteError, type Complaint, literal, message } from "../errors.ts";

/**
 * A file that cannot be read or written: damaged, of another format, with a feature that is not supported, or missing.
 */
export class FileError extends AreteError {
  override name = "FileError";
}

/** Makes a {@link FileError} with the one form of messages. */
export const fileError = (name: string, complaint: Complaint): FileError => new FileError(message(name, complaint));

/** The error for what a user gave. */
export const refused = (name: string, rule: string, expected: unknown, received: unknown, advice = ""): FileError =>
  fileError(name, { rule, expected, received: literal(received), advice });

/** The error for a feature of a format that is not supported. `feature` names it. */
export const unsupported = (name: string, feature: string, advice = ""): FileError =>
  fileError(name, {
    rule: `${feature} is not supported`,
    expected: "a file without it",
    received: "one with it",
    advice,
  });

/** The error for bytes that contradict the format. */
export const damaged = (name: string, rule: string, expected: unknown, received: unknown): FileError =>
  fileError(name, { rule, expected, received, advice: "The file is damaged." });
