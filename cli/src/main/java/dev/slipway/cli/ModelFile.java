package dev.slipway.cli;

import dev.slipway.backend.PlanFile;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** A file that holds a model: ONNX, or a plan. */
record ModelFile(Path path) {

  boolean isPlan() {
    return PlanFile.isPlan(path);
  }

  /** Reads an ONNX model. */
  Graph graph() {
    return OnnxReader.read(path);
  }

  /** Refuses a plan where only ONNX serves. */
  ModelFile requireOnnx(String command) {
    if (isPlan()) {
      throw new SlipwayException(path + ": a plan (expected: the .onnx file; " + command + " works on models)");
    }
    return this;
  }

  /** The digest, computed on another thread until it is asked for. */
  Supplier<String> digestMeanwhile() {
    CompletableFuture<String> digest = CompletableFuture.supplyAsync(this::digest);
    return () -> {
      try {
        return digest.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof SlipwayException cause ? cause : e;
      }
    };
  }

  /** SHA-256 in hexadecimal. */
  String digest() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(path), sha)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (IOException e) {
      throw new SlipwayException(path + ": cannot be read: " + FileFailure.reason(e), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
