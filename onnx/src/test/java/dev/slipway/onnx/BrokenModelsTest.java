package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each broken model gives the text that lies in {@code broken/NAME.txt}, word for word. */
class BrokenModelsTest {

  private static ModelBytes relu() {
    return ModelBytes.of().input("x", DType.FLOAT32, 1, 2);
  }

  private static Map<String, byte[]> models() {
    Map<String, byte[]> models = new TreeMap<>();
    models.put("empty", new byte[0]);
    models.put("text", "This is no model but a sentence.".getBytes(StandardCharsets.US_ASCII));
    models.put("zip", new byte[] {'P', 'K', 3, 4, 20, 0, 0, 0});
    models.put("old-ir", relu().ir(2).node("r", "Relu", "x", "y").output("y").bytes());
    models.put("future-opset", relu().opset(99).node("r", "Relu", "x", "y").output("y").bytes());
    models.put("no-opset", new WireWriter().varint(1, 8).message(7, new WireWriter().string(2, "g")).toByteArray());
    models.put("unknown-operator", relu().node("r", "Relux", "x", "y").output("y").bytes());
    models.put("unknown-operator-of-domain", relu().node("r", "custom:Magic", "x", "y").output("y").bytes());
    models.put("domain-not-imported", relu().node("r", "other:Magic", "x", "y").output("y").bytes());
    models.put("unknown-attribute",
        relu().node("r", "Relu", "x", "y", ModelBytes.real("slope", 1)).output("y").bytes());
    models.put("attribute-of-wrong-kind",
        relu().node("s", "Softmax", "x", "y", ModelBytes.string("axis", "one")).output("y").bytes());
    models.put("missing-input", relu().node("a", "Add", "x z", "y").output("y").bytes());
    models.put("too-few-inputs", relu().node("a", "Add", "x", "y").output("y").bytes());
    models.put("too-many-inputs", relu().node("r", "Relu", "x x", "y").output("y").bytes());
    models.put("missing-output", relu().node("r", "Relu", "x", "y").output("z").bytes());
    models.put("wrong-type", ModelBytes.of().input("x", DType.BOOL, 2).node("a", "Add", "x x", "y").output("y").bytes());
    models.put("mixed-types", ModelBytes.of().input("x", DType.FLOAT32, 2).input("z", DType.INT64, 2)
        .node("a", "Add", "x z", "y").output("y").bytes());
    models.put("wrong-shapes", ModelBytes.of().input("x", DType.FLOAT32, 2).input("z", DType.FLOAT32, 3)
        .node("a", "Add", "x z", "y").output("y").bytes());
    models.put("wrong-rank", ModelBytes.of().input("x", DType.FLOAT32, 2, 3).input("w", DType.FLOAT32, 3, 3)
        .node("c", "Conv", "x w", "y").output("y").bytes());
    models.put("cycle", relu().node("a", "Add", "x c", "b").node("r", "Relu", "b", "c").output("c").bytes());
    models.put("value-twice", relu().node("r", "Relu", "x", "y").node("s", "Relu", "x", "y").output("y").bytes());
    models.put("input-twice", relu().input("x", DType.FLOAT32, 1).output("x").bytes());
    models.put("output-twice", relu().node("r", "Relu", "x", "y").output("y").output("y").bytes());
    models.put("initializer-twice", ModelBytes.of().initializer("w", Tensor.scalar(1f))
        .initializer("w", Tensor.scalar(1f)).output("w").bytes());
    models.put("dimension-overflow", ModelBytes.of()
        .initializer(new WireWriter().varint(1, 1L << 40).varint(1, 1L << 40).varint(2, 1).string(8, "w"))
        .output("w").bytes());
    models.put("negative-dimension", ModelBytes.of()
        .initializer(new WireWriter().varint(1, -1).varint(2, 1).string(8, "w")).output("w").bytes());
    models.put("short-data", ModelBytes.of()
        .initializer(new WireWriter().varint(1, 3).varint(2, 1).string(8, "w").fixed32(4, 1)).output("w").bytes());
    models.put("string-data", ModelBytes.of()
        .initializer(new WireWriter().varint(1, 1).varint(2, 8).string(8, "w").string(6, "text")).output("w").bytes());
    models.put("string-input", ModelBytes.of().input("s", DType.STRING, 1).output("s").bytes());
    models.put("external-without-folder", ModelBytes.of()
        .initializer(new WireWriter().varint(1, 1).varint(2, 1).string(8, "w").varint(14, 1)
            .message(13, new WireWriter().string(1, "location").string(2, "w.bin"))).output("w").bytes());
    models.put("bad-reshape", relu().initializer("s", Tensor.vector(3, 3)).node("r", "Reshape", "x s", "y").output("y")
        .bytes());
    models.put("huge-sparse", ModelBytes.of().sparse(new WireWriter()
        .message(1, ModelBytes.tensor("w", Tensor.of(new float[] {1}, 1)))
        .message(2, ModelBytes.tensor("", Tensor.vector(0)))
        .varint(3, 1L << 40)).output("w").bytes());
    return models;
  }

  static Stream<String> names() {
    return models().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void givesTheExpectedText(String name) throws IOException {
    Throwable thrown = catchThrowable(() -> OnnxReader.read(models().get(name), name + ".onnx"));
    assertThat(thrown).isInstanceOf(SlipwayException.class);
    assertThat(thrown.getMessage()).isEqualTo(expected(name));
  }

  private static String expected(String name) throws IOException {
    try (InputStream in = BrokenModelsTest.class.getResourceAsStream("broken/" + name + ".txt")) {
      return in == null ? "no file broken/" + name + ".txt" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }
}
