package dev.slipway.vision;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model on the peer runtime, so that these tests depend on no engine of ours; float32 inputs and outputs only. */
record OnnxRuntime(OrtSession session) implements Inference {

  static OnnxRuntime load(Path model) throws IOException {
    return load(Files.readAllBytes(model));
  }

  /** A model of the PP-OCR jar; the test skips where the jar is absent. */
  static OnnxRuntime loadOcr(String name) {
    return load(ocrFile(name));
  }

  static CtcDecoder ocrDecoder() {
    String dictionary = new String(ocrFile("ppocr_keys_v1.txt"), StandardCharsets.UTF_8);
    return CtcDecoder.ofDictionary(List.of(dictionary.strip().split("\n")));
  }

  @Override
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    try {
      Map<String, OnnxTensor> values = new HashMap<>();
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        Tensor tensor = input.getValue();
        values.put(input.getKey(), OnnxTensor.createTensor(
            OrtEnvironment.getEnvironment(), FloatBuffer.wrap(tensor.toFloats()), tensor.dims()));
      }
      try (OrtSession.Result result = session.run(values)) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> output : result) {
          outputs.put(output.getKey(), copy((OnnxTensor) output.getValue()));
        }
        return outputs;
      } finally {
        values.values().forEach(OnnxTensor::close);
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Tensor copy(OnnxTensor value) {
    FloatBuffer buffer = value.getFloatBuffer();
    float[] floats = new float[buffer.remaining()];
    buffer.get(floats);
    return Tensor.of(floats, value.getInfo().getShape());
  }

  private static OnnxRuntime load(byte[] model) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      return new OnnxRuntime(OrtEnvironment.getEnvironment().createSession(model, options));
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] ocrFile(String name) {
    try (InputStream in = ClassLoader.getSystemResourceAsStream("models/" + name)) {
      assumeTrue(in != null, "the jar of the PP-OCR models is not on the class path");
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
