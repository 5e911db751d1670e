package dev.slipway.analysis;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Serves one page to browsers on this machine: only on the loopback address, only under its own name. */
public final class ReportServer implements AutoCloseable {
  private final HttpServer server;
  private final Supplier<String> page;

  private ReportServer(HttpServer server, Supplier<String> page) {
    this.server = server;
    this.page = page;
  }

  /**
   * Starts a server.
   *
   * @param port 0 for any that is free
   * @param page asked for at each request, by one thread at a time; its {@link SlipwayException} is shown instead of it
   * @throws SlipwayException where the port cannot be used
   */
  public static ReportServer start(int port, Supplier<String> page) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 0);
      ReportServer report = new ReportServer(server, page);
      server.createContext("/", report::answer);
      server.setExecutor(Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("report").factory()));
      server.start();
      return report;
    } catch (IOException e) {
      throw new SlipwayException(
          "--port " + port + ": " + FileFailure.reason(e) + " (expected: a port that is free; 0 takes any)", e);
    }
  }

  /** Where the page is. */
  public URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      // A page of another site that has its name point to this machine does not get at the model.
      if (!isOwnName(exchange.getRequestHeaders().getFirst("Host"))) {
        send(exchange, 403, "text/plain", "open " + address());
      } else if (!exchange.getRequestURI().getPath().equals("/")) {
        send(exchange, 404, "text/plain", "the page is at " + address());
      } else if (!List.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
        send(exchange, 405, "text/plain", "GET only");
      } else {
        sendPage(exchange);
      }
    }
  }

  private boolean isOwnName(String host) {
    int port = server.getAddress().getPort();
    return host != null && List.of("127.0.0.1:" + port, "localhost:" + port).contains(host);
  }

  private void sendPage(HttpExchange exchange) throws IOException {
    String text;
    try {
      text = page.get();
    } catch (SlipwayException e) {
      send(exchange, 500, "text/plain", e.getMessage());
      return;
    }
    send(exchange, 200, "text/html", text);
  }

  private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    boolean isHead = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, isHead ? -1 : bytes.length);
    if (!isHead) {
      exchange.getResponseBody().write(bytes);
    }
  }

  /** Stops at once. */
  @Override
  public void close() {
    server.stop(0);
  }
}
