import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A weather service on this machine, for running without a network. Its weather is invented. */
export interface WeatherService extends AsyncDisposable {
  url: string;
}

/** Answers the two requests of Open-Meteo that the weather tool makes. The numbers follow from the name of the city. */
export async function startWeatherService(): Promise<WeatherService> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const answer = url.pathname === "/v1/search" ? searchAnswer(url) : forecastAnswer(url);
    response.setHeader("content-type", "application/json");
    // Slow enough that two calls at once are seen to be at once.
    setTimeout(() => response.end(JSON.stringify(answer)), 60);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP, so it is not a pipe's name
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function searchAnswer(url: URL): object {
  const name = url.searchParams.get("name") ?? "";
  const seed = [...name].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
  return { results: [{ name, country: "simulated", latitude: (seed % 140) - 70, longitude: (seed % 300) - 150 }] };
}

function forecastAnswer(url: URL): object {
  const latitude = Number(url.searchParams.get("latitude"));
  const celsius = Math.round((30 - Math.abs(latitude) / 2) * 10) / 10;
  const isFahrenheit = url.searchParams.get("temperature_unit") === "fahrenheit";
  return {
    current: {
      temperature_2m: isFahrenheit ? Math.round((celsius * 1.8 + 32) * 10) / 10 : celsius,
      wind_speed_10m: Math.abs(latitude) % 40,
      weather_code: [0, 1, 2, 3, 61, 80][Math.abs(Math.round(latitude)) % 6],
    },
  };
}
