package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReportServerTest {
  private static String answer(URI address, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), address.getPort())) {
      socket.getOutputStream().write((request + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void servesThePageAsItIsNow() throws IOException {
    int[] count = {0};
    try (ReportServer server = ReportServer.start(0, () -> "page " + ++count[0])) {
      String request = "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + server.address().getPort();
      assertThat(answer(server.address(), request)).startsWith("HTTP/1.1 200").endsWith("page 1");
      assertThat(answer(server.address(), request)).endsWith("page 2");
    }
  }

  @Test
  void refusesOtherNamesPathsAndMethods() throws IOException {
    try (ReportServer server = ReportServer.start(0, () -> "page")) {
      String own = "\r\nHost: 127.0.0.1:" + server.address().getPort();
      assertThat(answer(server.address(), "GET / HTTP/1.1\r\nHost: evil.example")).startsWith("HTTP/1.1 403");
      assertThat(answer(server.address(), "GET /etc/passwd HTTP/1.1" + own)).startsWith("HTTP/1.1 404");
      assertThat(answer(server.address(), "DELETE / HTTP/1.1" + own)).startsWith("HTTP/1.1 405");
    }
  }

  @Test
  void saysWhyThereIsNoPage() throws IOException {
    try (ReportServer server = ReportServer.start(0, () -> {
      throw new SlipwayException("model.onnx: is gone");
    })) {
      assertThat(answer(server.address(), "GET / HTTP/1.1\r\nHost: localhost:" + server.address().getPort()))
          .startsWith("HTTP/1.1 500").endsWith("model.onnx: is gone");
    }
  }

  @Test
  void refusesAPortInUse() {
    try (ReportServer server = ReportServer.start(0, () -> "page")) {
      assertThatThrownBy(() -> ReportServer.start(server.address().getPort(), () -> "other"))
          .isInstanceOf(SlipwayException.class)
          .hasMessageContaining("--port " + server.address().getPort());
    }
  }
}
