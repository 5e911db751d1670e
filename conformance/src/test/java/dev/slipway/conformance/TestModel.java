package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/**
 * A trained model, in the shared folder or in a jar.
 *
 * @param resource its path in a jar; empty where {@code models/NAME.onnx} of the shared folder is meant
 */
record TestModel(String name, String resource) {
  static final TestModel MINILM = new TestModel("all-minilm-l6-v2", "all-minilm-l6-v2.onnx");
  static final TestModel MINILM_QUANTISED = new TestModel("all-minilm-l6-v2-q", "all-minilm-l6-v2-q.onnx");
  static final TestModel OCR_DETECTION = ocr("ch_PP-OCRv4_det_infer");
  static final TestModel OCR_RECOGNITION = ocr("ch_PP-OCRv4_rec_infer");
  static final TestModel OCR_DIRECTION = ocr("ch_ppocr_mobile_v2.0_cls_infer");
  static final TestModel OCR_V3_DETECTION = ocr("ch_PP-OCRv3_det_infer");
  static final TestModel OCR_V3_RECOGNITION = ocr("ch_PP-OCRv3_rec_infer");

  static TestModel shared(String name) {
    return new TestModel(name, "");
  }

  private static TestModel ocr(String name) {
    return new TestModel(name, "models/" + name + ".onnx");
  }

  byte[] bytes() {
    if (!resource.isEmpty()) {
      return SharedFiles.resource(resource);
    }
    try {
      return Files.readAllBytes(SharedFiles.file("models/" + name + ".onnx"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Graph graph() {
    return resource.isEmpty()
        ? OnnxReader.read(SharedFiles.file("models/" + name + ".onnx"))
        : OnnxReader.read(bytes(), name);
  }

  @Override
  public String toString() {
    return name;
  }
}
