package dev.slipway.quantization;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.slipway.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model on the peer runtime; float32 inputs and outputs only. */
record OnnxRuntime(OrtSession session) implements GraphExecution {

  static OnnxRuntime of(byte[] model) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      options.setIntraOpNumThreads(2);
      // Products of int4 weights round their activations to int8 otherwise.
      options.addConfigEntry("session.qdq_matmulnbits_accuracy_level", "1");
      return new OnnxRuntime(OrtEnvironment.getEnvironment().createSession(model, options));
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    Map<String, OnnxTensor> values = new HashMap<>();
    try {
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
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      values.values().forEach(OnnxTensor::close);
    }
  }

  private static Tensor copy(OnnxTensor value) {
    FloatBuffer buffer = value.getFloatBuffer();
    float[] floats = new float[buffer.remaining()];
    buffer.get(floats);
    return Tensor.of(floats, value.getInfo().getShape());
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
