import { createHmac, timingSafeEqual } from "node:crypto";

const LATEST_S = 180; // an older event may be one that somebody sends again

export async function POST(request: Request): Promise<Response> {
  const body = await request.text();
  const timestamp = request.headers.get("X-Hume-AI-Webhook-Timestamp") ?? "";
  const signature = request.headers.get("X-Hume-AI-Webhook-Signature") ?? "";
  if (!isGenuine(body, timestamp, signature)) return new Response(null, { status: 401 });

  const event = JSON.parse(body);
  if (event.event_name === "chat_ended") {
    console.log(`Chat ${event.chat_id} ended after ${event.duration_seconds} s`);
  }
  return new Response(null, { status: 204 });
}

function isGenuine(body: string, timestamp: string, signature: string): boolean {
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= LATEST_S)) return false;
  const key = process.env.HUME_WEBHOOK_SIGNING_KEY ?? "";
  const good = Buffer.from(createHmac("sha256", key).update(`${body}.${timestamp}`).digest("hex"));
  const given = Buffer.from(signature);
  return given.length === good.length && timingSafeEqual(given, good);
}
