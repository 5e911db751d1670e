package dev.slipway.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What {@link SlipwayFirstResult} does, by ONNX Runtime with a model; the same arguments. */
final class OnnxRuntimeFirstResult {
  private static final byte FILLING = 0x3c;

  private OnnxRuntimeFirstResult() {}

  public static void main(String[] arguments) throws OrtException, IOException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(Integer.parseInt(arguments[1]));
    options.setInterOpNumThreads(1);
    try (OrtSession session = environment.createSession(arguments[0], options)) {
      Map<String, OnnxTensor> inputs = new HashMap<>();
      for (int i = 2; i < arguments.length; i += 2) {
        inputs.put(arguments[i], filled(environment, dims(arguments[i + 1])));
      }
      try (OrtSession.Result result = session.run(inputs)) {
        FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] first = new float[values.remaining()];
        values.get(first);
        System.out.println(largest(first));
      }
      System.in.read();
    }
  }

  private static OnnxTensor filled(OrtEnvironment environment, long[] dims) throws OrtException {
    int bytes = Float.BYTES;
    for (long dim : dims) {
      bytes = Math.toIntExact(bytes * dim);
    }
    byte[] filling = new byte[bytes];
    Arrays.fill(filling, FILLING);
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).put(filling).flip();
    return OnnxTensor.createTensor(environment, buffer.asFloatBuffer(), dims);
  }

  /* Written out here too: a process of the peer shall load nothing of Slipway. */
  private static long[] dims(String text) {
    String[] numbers = text.split(",");
    long[] dims = new long[numbers.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Long.parseLong(numbers[i]);
    }
    return dims;
  }

  private static int largest(float[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      largest = values[i] > values[largest] ? i : largest;
    }
    return largest;
  }
}
