package dev.slipway.analysis;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A page in headless Chromium, driven by the DevTools protocol over a WebSocket (RFC 6455). Not a client for all
 * purposes: one call at a time, by one thread.
 */
final class Browser implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path profile;
  private final Process process;
  private final Socket socket;
  private final DataInputStream in;
  private final List<JsonNode> events = new ArrayList<>();
  private final String session;
  private int calls;

  /** The program, where it is installed. */
  static Optional<Path> program() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .flatMap(folder -> Stream.of("chromium", "chromium-browser", "google-chrome").map(Path.of(folder)::resolve))
        .filter(Files::isExecutable)
        .findFirst();
  }

  Browser(Path program) throws IOException, InterruptedException {
    profile = Files.createTempDirectory("browser");
    process = new ProcessBuilder(program.toString(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--force-color-profile=srgb", "--hide-scrollbars", "--remote-debugging-port=0", "--user-data-dir=" + profile,
        "about:blank")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
    List<String> endpoint = endpoint();
    socket = new Socket("127.0.0.1", Integer.parseInt(endpoint.get(0)));
    socket.setSoTimeout((int) PATIENCE.toMillis());
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    shakeHands(endpoint.get(1));
    String target = call("", "Target.createTarget", Map.of("url", "about:blank")).path("targetId").asString();
    session = call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true)).path("sessionId").asString();
    for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
      call(domain + ".enable", Map.of());
    }
  }

  /** Port and path, which Chromium writes to a file once it listens. */
  private List<String> endpoint() throws IOException, InterruptedException {
    Path file = profile.resolve("DevToolsActivePort");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end && process.isAlive()) {
      List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
      if (lines.size() == 2) {
        return lines;
      }
      Thread.sleep(50);
    }
    throw new IOException("chromium does not listen (alive: " + process.isAlive() + ")");
  }

  // ---- pages

  /** Loads a page and waits until it is there. */
  void open(String url) throws IOException {
    events.clear();
    call("Page.navigate", Map.of("url", url));
    evaluate("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))");
    evaluate("new Promise(requestAnimationFrame)");
  }

  void resize(int width, int height) throws IOException {
    call("Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  void prefersColors(String scheme) throws IOException {
    call("Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /** The value of an expression, awaited where it is a promise. */
  JsonNode evaluate(String expression) throws IOException {
    JsonNode result = call("Runtime.evaluate",
        Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new IOException(expression + ": " + result.path("exceptionDetails"));
    }
    return result.path("result").path("value");
  }

  /** Presses a key: a character, or a name such as {@code Enter}. */
  void press(String key) throws IOException {
    Map<String, Integer> codes =
        Map.of("Tab", 9, "Enter", 13, "Escape", 27, "ArrowUp", 38, "ArrowDown", 40, "ArrowLeft", 37, "ArrowRight", 39);
    String text = key.equals("Enter") ? "\r" : key.length() == 1 ? key : "";
    call("Input.dispatchKeyEvent", Map.of("type", text.isEmpty() ? "rawKeyDown" : "keyDown", "key", key, "text", text,
        "windowsVirtualKeyCode", codes.getOrDefault(key, (int) key.charAt(0))));
    call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key));
  }

  byte[] screenshot() throws IOException {
    return Base64.getDecoder().decode(call("Page.captureScreenshot", Map.of("format", "png")).path("data").asString());
  }

  /** What the page complained of since it was opened. */
  List<String> errors() throws IOException {
    evaluate("0");
    return events.stream()
        .filter(event -> switch (event.path("method").asString()) {
          case "Runtime.exceptionThrown" -> true;
          case "Runtime.consoleAPICalled" -> List.of("error", "warning").contains(event.path("params").path("type").asString());
          case "Log.entryAdded" -> true;
          default -> false;
        })
        .map(JsonNode::toString)
        .toList();
  }

  /** The addresses that the page asked for since it was opened, its own included. */
  List<String> requests() throws IOException {
    evaluate("0");
    return events.stream()
        .filter(event -> event.path("method").asString().equals("Network.requestWillBeSent"))
        .map(event -> event.path("params").path("request").path("url").asString())
        .toList();
  }

  // ---- protocol

  private JsonNode call(String method, Map<String, Object> parameters) throws IOException {
    return call(session, method, parameters);
  }

  private JsonNode call(String in, String method, Map<String, Object> parameters) throws IOException {
    int id = ++calls;
    Map<String, Object> message = in.isEmpty()
        ? Map.of("id", id, "method", method, "params", parameters)
        : Map.of("id", id, "method", method, "params", parameters, "sessionId", in);
    send(1, JSON.writeValueAsBytes(message));
    while (true) {
      JsonNode answer = JSON.readTree(receive());
      if (answer.path("id").asInt(0) != id) {
        events.add(answer);
      } else if (answer.has("error")) {
        throw new IOException(method + ": " + answer.path("error"));
      } else {
        return answer.path("result");
      }
    }
  }

  private void shakeHands(String path) throws IOException {
    socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        + "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII));
    StringBuilder answer = new StringBuilder();
    while (!answer.toString().endsWith("\r\n\r\n")) {
      answer.append((char) in.readUnsignedByte());
    }
    if (!answer.toString().startsWith("HTTP/1.1 101")) {
      throw new IOException("chromium answers " + answer);
    }
  }

  /** One frame; clients mask theirs, with zeros here. */
  private void send(int opcode, byte[] payload) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(14).put((byte) (0x80 | opcode));
    if (payload.length < 126) {
      head.put((byte) (0x80 | payload.length));
    } else if (payload.length < 1 << 16) {
      head.put((byte) (0x80 | 126)).putShort((short) payload.length);
    } else {
      head.put((byte) (0x80 | 127)).putLong(payload.length);
    }
    head.putInt(0);
    OutputStream out = socket.getOutputStream();
    out.write(head.array(), 0, head.position());
    out.write(payload);
    out.flush();
  }

  private byte[] receive() throws IOException {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    while (true) {
      int first = in.readUnsignedByte();
      long length = in.readUnsignedByte() & 0x7f;
      length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
      byte[] payload = in.readNBytes(Math.toIntExact(length));
      boolean isControl = (first & 0x08) != 0;
      if (!isControl) {
        message.write(payload);
        if ((first & 0x80) != 0) {
          return message.toByteArray();
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.walkFileTree(profile, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        Files.deleteIfExists(file);
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFileFailed(Path file, IOException gone) {
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
        Files.deleteIfExists(folder);
        return FileVisitResult.CONTINUE;
      }
    });
  }
}
