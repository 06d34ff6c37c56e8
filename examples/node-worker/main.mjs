// The worker: HUME_API_KEY=... node main.mjs FOLDER
import { HumeClient } from "hume";
import { archive } from "./archive.mjs";

const [folder = "chats"] = process.argv.slice(2);
const client = new HumeClient({ apiKey: process.env.HUME_API_KEY });
const archived = await archive(client, folder, { pauseMs: Number(process.env.PAUSE_MS ?? 1000) });
console.log(`archived ${archived.length} chats`);
