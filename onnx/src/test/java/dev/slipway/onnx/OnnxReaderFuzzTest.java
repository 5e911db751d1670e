package dev.slipway.onnx;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Feeds any bytes to the reader. A build only runs the seeds beside this class; {@code JAZZER_FUZZ=1} searches for new
 * ones.
 */
class OnnxReaderFuzzTest {

  @FuzzTest(maxDuration = "60s")
  void readsOrRefuses(byte[] bytes) {
    ReadOutcome.of(bytes);
  }
}
