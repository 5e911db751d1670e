package dev.slipway.conformance;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model on ONNX Runtime, its optimisations off. */
record PeerRuntime(OrtSession session) implements AutoCloseable {

  static PeerRuntime of(byte[] model) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      return new PeerRuntime(OrtEnvironment.getEnvironment().createSession(model, options));
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The outputs by name. */
  Map<String, Tensor> run(Map<String, Tensor> inputs) {
    Map<String, OnnxTensor> values = new HashMap<>();
    try {
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        values.put(input.getKey(), value(input.getValue()));
      }
      try (OrtSession.Result result = session.run(values)) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> output : result) {
          outputs.put(output.getKey(), tensor((OnnxTensor) output.getValue()));
        }
        return outputs;
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      values.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor value(Tensor tensor) throws OrtException {
    int bytes = Math.toIntExact(tensor.type().bytes());
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    MemorySegment.ofBuffer(buffer).copyFrom(tensor.data().asSlice(0, bytes));
    return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, tensor.dims(), type(tensor.dtype()));
  }

  private static Tensor tensor(OnnxTensor value) {
    TensorInfo info = value.getInfo();
    Tensor tensor = Tensor.allocate(type(info.type), info.getShape());
    MemorySegment source = MemorySegment.ofBuffer(value.getByteBuffer());
    tensor.data().copyFrom(source.asSlice(0, tensor.type().bytes()));
    return tensor;
  }

  private static OnnxJavaType type(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case INT64 -> OnnxJavaType.INT64;
      default -> throw new IllegalArgumentException("input of type " + dtype);
    };
  }

  private static DType type(OnnxJavaType type) {
    return switch (type) {
      case FLOAT -> DType.FLOAT32;
      case FLOAT16 -> DType.FLOAT16;
      case INT64 -> DType.INT64;
      default -> throw new IllegalArgumentException("output of type " + type);
    };
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
