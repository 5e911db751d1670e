package dev.slipway.onnx;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Feeds any bytes to the reader. A build only runs the seeds beside this class; the environment variable
 * {@code JAZZER_FUZZ=1} with {@code -Djazzer.hooks=true} searches for new ones.
 */
class OnnxReaderFuzzTest {

  @FuzzTest(maxDuration = "150s")
  void readsOrRefuses(byte[] bytes) {
    ReadOutcome.of(bytes);
  }
}
