package dev.slipway.builder;

import dev.slipway.backend.Device;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPrinter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names what a kernel computes and on what, so that equal work is measured once. */
final class Workload {
  private static final int DEVICE_CHARACTERS = 8;
  private static final int DIGEST_CHARACTERS = 32;

  private Workload() {}

  /** Equal for devices on which the same work takes the same time: processor, code path, threads. */
  static String digest(Device device) {
    return digest(device.fingerprint() + "\n" + device.description()).substring(0, DEVICE_CHARACTERS);
  }

  /** Equal for requests that take the same time on a device: operator, attributes, types, which inputs are constant. */
  static String key(KernelRequest request) {
    StringBuilder text = new StringBuilder(request.op().schema().qualifiedName());
    request.op().attributes().values().forEach((name, value) -> text.append('\n')
        .append(name)
        .append('=')
        .append(value instanceof Graph graph ? GraphPrinter.canonical(graph) : value));
    for (KernelRequest.Argument input : request.inputs()) {
      text.append('\n').append(input.type()).append(input.constant().isPresent() ? " constant" : "");
    }
    text.append('\n').append(request.outputs());
    return digest(text.toString());
  }

  private static String digest(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, DIGEST_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
