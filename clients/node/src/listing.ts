import type { Control, Query } from "./control.js";
import { LookupError } from "./errors.js";

const PAGE = 100;

/** The resources of one kind in a world, to look into by id or by name. */
export class Listing<T extends { id: string; name?: unknown }> {
  readonly #noun: string;
  readonly #read: () => Promise<T[]>;

  constructor(noun: string, read: () => Promise<T[]>) {
    this.#noun = noun;
    this.#read = read;
  }

  /** Return one as REST shows it. Throws LookupError, with the names that there are. */
  async get(idOrName: string): Promise<T> {
    const all = await this.list();
    const found = all.find((each) => isCalled(each, idOrName));
    if (found !== undefined) return found;
    const names = all.map((each) => JSON.stringify(each.name)).join(", ") || "nothing";
    throw new LookupError(`no ${this.#noun} ${JSON.stringify(idOrName)}; there is ${names}`);
  }

  /** True if there is one with this id or name. */
  async has(idOrName: string): Promise<boolean> {
    return (await this.list()).some((each) => isCalled(each, idOrName));
  }

  /** Return all, the oldest first. */
  async list(): Promise<T[]> {
    return this.#read();
  }
}

function isCalled(each: { id: string; name?: unknown }, idOrName: string): boolean {
  return each.id === idOrName.toLowerCase() || each.name === idOrName;
}

/** Return the list that an operation pages through; reading it leaves no trace. */
export function listed<T extends { id: string; name?: unknown }>(
  control: Control,
  noun: string,
  path: string,
  field: string,
  query: Query = {},
): Listing<T> {
  return new Listing(noun, () => everyPage<T>(control, path, field, query));
}

/** Return the items of all pages of an operation, the oldest first. */
export async function everyPage<T>(
  control: Control,
  path: string,
  field: string,
  query: Query,
): Promise<T[]> {
  const all: T[] = [];
  for (let page_number = 0; ; page_number++) {
    const options = { quiet: true, query: { ascending_order: true, ...query, page_number, page_size: PAGE } };
    const page = await control.json<Record<string, unknown>>("GET", path, options);
    all.push(...(page[field] as T[]));
    if (page_number + 1 >= Number(page["total_pages"])) return all;
  }
}
