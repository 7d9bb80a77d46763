// Access to the structures of an HDF5 file, with a bound on how much is read of them.
import { Cursor } from "../binary.ts";
import { damaged } from "../file-error.ts";

/**
 * Gives the blocks of a file that hold its structures. In a sound file no two of them share bytes; so all together are
 * not larger than the file. A file whose blocks are, has cycles or shared parts, and is refused: the time and memory
 * that a file takes is bounded by its size, whatever it says.
 */
export class Metadata {
  private left: number;

  constructor(
    /** The file, for messages. */
    readonly name: string,
    readonly bytes: Uint8Array,
  ) {
    this.left = bytes.length;
  }

  /** A block of `length` bytes. @throws FileError where it leaves the file or the bound is passed. */
  block(address: number, length: number): Cursor {
    const cursor = new Cursor(this.name, this.bytes, address, length);
    this.spend(length);
    return cursor;
  }

  /** Counts bytes that are read without `block`. */
  spend(length: number): void {
    this.left -= length;
    if (this.left < 0) throw damaged(this.name, "structures must not overlap", "blocks of their own", "shared blocks");
  }

  /** A block that begins with a signature of four characters, behind it. */
  signed(signature: string, address: number, length: number): Cursor {
    const block = this.block(address, length);
    const found = block.ascii(4);
    if (found === signature) return block;
    throw damaged(this.name, `a structure must begin with its signature`, signature, JSON.stringify(found));
  }
}

/** An address that says that there is nothing. */
export const isUndefined = (address: number): boolean => address === 2 ** 64;
