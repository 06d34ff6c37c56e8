// A page must not have the API key: it gets a token that lasts half an hour.

export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  const { HUME_API_KEY, HUME_SECRET_KEY } = process.env;
  const answer = await fetch("https://api.hume.ai/oauth2-cc/token", {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${HUME_API_KEY}:${HUME_SECRET_KEY}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
    cache: "no-store",
  });
  if (!answer.ok) return Response.json({ error: "no access token" }, { status: 502 });
  const { access_token } = await answer.json();
  return Response.json({ accessToken: access_token });
}
