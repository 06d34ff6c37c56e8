// Prints what the vendor's helper gets for {apiKey, secretKey, host} of the input: an access token.

import { text } from "node:stream/consumers";
import { fetchAccessToken } from "hume";

console.log(JSON.stringify({ token: await fetchAccessToken(JSON.parse(await text(process.stdin))) }));
