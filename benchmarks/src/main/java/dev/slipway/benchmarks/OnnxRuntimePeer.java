package dev.slipway.benchmarks;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * ONNX Runtime with all its optimisations, reading inputs from direct buffers and writing outputs to direct buffers
 * that are made once. Its threads spin while they wait, as they do by default: that is its fastest setting for runs one
 * after the other.
 */
final class OnnxRuntimePeer implements AutoCloseable {
  static final String VERSION = "onnxruntime 1.29.0";
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
  private final double createMillis;

  OnnxRuntimePeer(Path model, int threads, Map<String, Tensor> values) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      long start = System.nanoTime();
      session = environment.createSession(model.toString(), options);
      createMillis = (System.nanoTime() - start) / 1e6;
    }
    for (Map.Entry<String, Tensor> value : values.entrySet()) {
      inputs.put(value.getKey(), tensor(environment, value.getValue()));
    }
    makeOutputs(environment);
  }

  static OnnxTensor tensor(OrtEnvironment environment, Tensor tensor) throws OrtException {
    int bytes = Math.toIntExact(tensor.type().bytes());
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    buffer.put(tensor.data().asSlice(0, bytes).asByteBuffer()).flip();
    return OnnxTensor.createTensor(environment, buffer, tensor.dims(), type(tensor.dtype()));
  }

  private static OnnxJavaType type(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case INT64 -> OnnxJavaType.INT64;
      case INT32 -> OnnxJavaType.INT32;
      default -> throw new IllegalArgumentException("element type: " + dtype);
    };
  }

  private void makeOutputs(OrtEnvironment environment) throws OrtException {
    try (OrtSession.Result result = session.run(inputs)) {
      for (Map.Entry<String, OnnxValue> entry : result) {
        if (entry.getValue() instanceof OnnxTensor tensor && tensor.getInfo().type == OnnxJavaType.FLOAT) {
          outputs.put(entry.getKey(), floats(environment, tensor.getInfo()));
        }
      }
    }
  }

  private static OnnxTensor floats(OrtEnvironment environment, TensorInfo info) throws OrtException {
    int bytes = Math.toIntExact(Shape.product(info.getShape()) * Float.BYTES);
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(environment, buffer, info.getShape(), OnnxJavaType.FLOAT);
  }

  /** Milliseconds that creating the session took. */
  double createMillis() {
    return createMillis;
  }

  void run() {
    try {
      session.run(inputs, outputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The outputs of float32 by name. */
  Map<String, float[]> outputs() throws OrtException {
    run();
    Map<String, float[]> floats = new LinkedHashMap<>();
    for (Map.Entry<String, OnnxTensor> output : outputs.entrySet()) {
      float[] values = new float[output.getValue().getFloatBuffer().remaining()];
      output.getValue().getFloatBuffer().get(values);
      floats.put(output.getKey(), values);
    }
    return floats;
  }

  @Override
  public void close() throws OrtException {
    inputs.values().forEach(OnnxTensor::close);
    outputs.values().forEach(OnnxTensor::close);
    session.close();
  }
}
