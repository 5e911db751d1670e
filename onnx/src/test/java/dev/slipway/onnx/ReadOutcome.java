package dev.slipway.onnx;

import dev.slipway.tensor.SlipwayException;

/** What reading any bytes may come to: a graph that can be written again, or a SlipwayException. */
final class ReadOutcome {
  private ReadOutcome() {}

  /**
   * Reads, and lets every other exception through.
   *
   * @return whether the bytes are a model
   */
  static boolean of(byte[] bytes) {
    try {
      OnnxWriter.bytes(OnnxReader.read(bytes, "m.onnx"));
      return true;
    } catch (SlipwayException e) {
      return false;
    }
  }
}
