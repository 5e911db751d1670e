package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Integer kernels, with every choice of their parameters: bit for bit what the reference gives, groups within a step. */
@Tag("gpu")
class ByteTacticsTest {
  private static OpenCudaDevice device;

  private final SplittableRandom random = new SplittableRandom(11);
  private final Interpreter reference = new Interpreter();

  @BeforeAll
  static void open() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    device = new OpenCudaDevice(CudaLibraries.load(), 0);
  }

  @AfterAll
  static void close() {
    if (device != null) {
      device.close();
    }
  }

  /** Inputs of a product: what is computed, and its constants. */
  private static String inputs(String x, String weights, long channels) {
    return """
        graph body {
          input x: uint8[%1$s]
          input w: int8[%2$s]
          input scale: float32[%3$d]
          input offset: float32[%3$d]
          input start: int32[%3$d]
        """.formatted(x, weights, channels);
  }

  private static long size(long size, long kernel, long stride, long pad) {
    return (size + 2 * pad - kernel) / stride + 1;
  }

  private static String conv(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad, String more) {
    return inputs(batch + ", " + channels + ", " + size + ", " + size,
            outputs + ", " + channels + ", " + kernel + ", " + kernel, outputs)
        + "  $sides$\n  y = slipway.QuantizedConv(x, w, scale, offset, start) {strides = [%1$d, %1$d], "
            .formatted(stride)
        + "pads = [%1$d, %1$d, %1$d, %1$d]%2$s}\n".formatted(pad, more);
  }

  @ParameterizedTest
  @CsvSource({
      "1, 64, 24, 128, 1, 1, 0, 0", "2, 24, 9, 40, 3, 1, 1, 7", "3, 40, 7, 72, 1, 2, 0, 255", "1, 16, 33, 21, 3, 2, 1, 128",
      "2, 144, 8, 272, 3, 1, 1, 3", "1, 72, 5, 1000, 1, 1, 0, 9", "1, 130, 12, 64, 5, 3, 2, 1"})
  void convolves(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad, long zeroPoint) {
    String rounding = ", x_zero_point = " + zeroPoint + ", y_zero_point = 100, lowest = 100, highest = 250";
    String graph = conv(batch, channels, size, outputs, kernel, stride, pad, rounding).replace("$sides$", "")
        + "  output \"y\" = y\n}\n";
    check(new ByteProductTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
  }

  @ParameterizedTest
  @CsvSource({
      "1, 64, 24, 128, 1, 1, 0, 0", "2, 24, 9, 40, 3, 1, 1, 7", "3, 40, 7, 72, 1, 2, 0, 255", "1, 16, 33, 21, 3, 2, 1, 128",
      "5, 144, 8, 272, 3, 1, 1, 3", "40, 128, 5, 1000, 1, 1, 0, 9", "1, 50, 12, 64, 5, 2, 2, 1", "2, 64, 9, 64, 3, 1, 0, 5",
      "1, 32, 6, 64, 1, 1, 1, 77", "7, 64, 14, 64, 3, 1, 1, 4"})
  void convolvesWithResidentWeights(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad, long zeroPoint) {
    String rounding = ", x_zero_point = " + zeroPoint + ", y_zero_point = 100, lowest = 100, highest = 250";
    String graph = conv(batch, channels, size, outputs, kernel, stride, pad, rounding).replace("$sides$", "")
        + "  output \"y\" = y\n}\n";
    check(new ByteStreamTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
  }

  @ParameterizedTest
  @CsvSource({"2, 24, 9, 40, 3, 1, 1", "1, 64, 24, 256, 1, 1, 0"})
  void convolvesToFloats(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad) {
    String graph = conv(batch, channels, size, outputs, kernel, stride, pad, ", x_zero_point = 3").replace("$sides$", "")
        + "  output \"y\" = y\n}\n";
    check(new ByteProductTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
  }

  @ParameterizedTest
  @CsvSource({
      "2, 64, 14, 256, 1, 1, 0, uint8", "1, 40, 13, 72, 3, 1, 1, uint8", "2, 64, 14, 256, 1, 1, 0, float32",
      "1, 24, 11, 40, 1, 1, 0, float32"})
  void convolvesAndAdds(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad, String side) {
    boolean isByte = side.equals("uint8");
    String graph = conv(batch, channels, size, outputs, kernel, stride, pad, ", x_zero_point = 3")
        .replace("$sides$", "input r: %s[%d, %d, %d, %d]\n".formatted(
                side, batch, outputs, size(size, kernel, stride, pad), size(size, kernel, stride, pad))
            + "  constant k: float32[] = {0.31}\n  constant z: uint8[] = {17}\n")
        + (isByte ? "  d = DequantizeLinear(r, k, z)\n  s = Add(y, d)\n" : "  s = Add(y, r)\n")
        + "  t = Relu(s)\n  q = QuantizeLinear(t, k, z)\n  output \"q\" = q\n}\n";
    check(new ByteProductTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
    check(new ByteStreamTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
  }

  @ParameterizedTest
  @CsvSource({"2, 3, 37, 64, 7, 2, 3", "1, 3, 64, 32, 3, 2, 1", "3, 4, 33, 24, 5, 1, 2", "1, 1, 40, 72, 3, 3, 0"})
  void convolvesPictures(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad) {
    String rounding = ", x_zero_point = 131, y_zero_point = 3, lowest = 3";
    String graph = conv(batch, channels, size, outputs, kernel, stride, pad, rounding).replace("$sides$", "")
        + "  output \"y\" = y\n}\n";
    check(new FirstByteConvTactic(device), graph, CudaBackend.PICTURES, CudaBackend.BYTES);
  }

  @ParameterizedTest
  @CsvSource({"128, 64, 96, 5", "33, 2048, 1000, 0", "1, 16, 7, 200", "300, 80, 130, 17"})
  void multiplies(long rows, long depth, long columns, long zeroPoint) {
    for (String rounding : List.of("", ", y_zero_point = 9")) {
      String graph = inputs(rows + ", " + depth, depth + ", " + columns, columns)
          + "  y = slipway.QuantizedMatMul(x, w, scale, offset, start) {x_zero_point = " + zeroPoint + rounding + "}\n"
          + "  output \"y\" = y\n}\n";
      check(new ByteProductTactic(device), graph, Layout.CONTIGUOUS, Layout.CONTIGUOUS);
      if (!rounding.isEmpty() && depth <= 256) {
        check(new ByteStreamTactic(device), graph, Layout.CONTIGUOUS, Layout.CONTIGUOUS);
      }
      check(new DirectByteTactic(device), graph, Layout.CONTIGUOUS, Layout.CONTIGUOUS);
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 32, 9, 32, 3, 1, 1, 32", "1, 12, 8, 24, 3, 2, 1, 4", "2, 40, 7, 40, 7, 1, 0, 40"})
  void convolvesGroups(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad, long groups) {
    String more = ", x_zero_point = 5, w_zero_point = 2, y_zero_point = 100, group = " + groups;
    String graph = conv(batch, channels, size, outputs, kernel, stride, pad, more)
        .replace("$sides$", "")
        .replace("int8[%d, %d, ".formatted(outputs, channels), "int8[%d, %d, ".formatted(outputs, channels / groups))
        + "  output \"y\" = y\n}\n";
    check(new DirectByteTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
    check(new DirectByteTactic(device), graph, Layout.CONTIGUOUS, Layout.CONTIGUOUS);
  }

  @Test
  void takesScalesThatAreComputed() {
    String graph = inputs("3, 20", "20, 9", 9) + """
          input x_scale: float32[]
          input x_zero: uint8[]
          y = slipway.QuantizedMatMul(x, w, scale, offset, start, x_scale, x_zero)
          output "y" = y
        }
        """;
    check(new DirectByteTactic(device), graph, Layout.CONTIGUOUS, Layout.CONTIGUOUS);
  }

  @ParameterizedTest
  @CsvSource({"2, 64, 15, 3, 2, 1", "1, 20, 9, 2, 2, 0", "1, 16, 8, 3, 1, 1"})
  void findsMaxima(long batch, long channels, long size, long kernel, long stride, long pad) {
    String graph = """
        graph body {
          input x: uint8[%1$d, %2$d, %3$d, %3$d]
          y = MaxPool(x) {kernel_shape = [%4$d, %4$d], strides = [%5$d, %5$d], pads = [%6$d, %6$d, %6$d, %6$d]}
          output "y" = y
        }
        """.formatted(batch, channels, size, kernel, stride, pad);
    check(new BytePoolTactic(device), graph, CudaBackend.BYTES, CudaBackend.BYTES);
  }

  @ParameterizedTest
  @CsvSource({"QuantizeLinear, float32, uint8, contiguous, last4", "QuantizeLinear, float32, int8, contiguous, contiguous",
      "DequantizeLinear, uint8, uint8, last16, last16", "DequantizeLinear, int8, int8, contiguous, contiguous"})
  void convertsByOneScale(String operator, String from, String bytes, String input, String output) {
    String graph = """
        graph body {
          input x: %s[2, 3, 6, 7]
          input k: float32[]
          input z: %s[]
          y = %s(x, k, z)
          output "y" = y
        }
        """.formatted(from, bytes, operator);
    check(new ByteElementsTactic(device), graph, Layout.parse(input).orElseThrow(), Layout.parse(output).orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"3, 3, 6, 8", "1, 1, 10, 2", "2, 4, 4, 5"})
  void quantisesPictures(long batch, long channels, long height, long width) {
    String graph = """
        graph body {
          input x: float32[%d, %d, %d, %d]
          input k: float32[]
          input z: uint8[]
          y = QuantizeLinear(x, k, z)
          output "y" = y
        }
        """.formatted(batch, channels, height, width);
    check(new PictureBytesTactic(device), graph, Layout.CONTIGUOUS, CudaBackend.PICTURES);
  }

  @ParameterizedTest
  @CsvSource({"contiguous, 2, 5", "last16, 2, 32", "last16, 1, 20"})
  void computesOnPairs(String layout, long batch, long channels) {
    String head = """
        graph body {
          input x: uint8[%1$d, %2$d, 3, 5]
          input b: uint8[%1$d, %2$d, 3, 5]
        """.formatted(batch, channels);
    Layout own = Layout.parse(layout).orElseThrow();
    String zeroPoints = "a_zero_point = 7, b_zero_point = 100, y_zero_point = 30, lowest = 10";
    check(new ByteElementsTactic(device), head + "  y = slipway.QuantizedAdd(x, b) {a_scale = 0.37, b_scale = 1.21, "
        + zeroPoints + "}\n  output \"y\" = y\n}\n", own, own);
    check(new ByteElementsTactic(device), head + "  y = slipway.QuantizedMul(x, b) {scale = 0.0137, " + zeroPoints
        + "}\n  output \"y\" = y\n}\n", own, own);
  }

  @Test
  void looksUp() {
    String graph = """
        graph body {
          input x: uint8[2, 20, 3]
          input table: uint8[256]
          y = slipway.TableLookup(x, table)
          output "y" = y
        }
        """;
    check(new ByteElementsTactic(device), graph, Layout.CONTIGUOUS, Layout.CONTIGUOUS);
  }

  /** The request of a body, or of its only operator; inputs of its rank and type are in the layout. */
  private KernelRequest request(Graph body, List<Tensor> inputs, Layout input, Layout output) {
    TensorType made = body.tensorType(body.outputs().values().iterator().next()).withLayout(output);
    List<KernelRequest.Argument> arguments = new ArrayList<>();
    for (int port = 0; port < inputs.size(); port++) {
      String name = body.value(body.inputs().get(port)).name();
      boolean isConstant = List.of("w", "scale", "offset", "start", "k", "z", "table").contains(name);
      Layout own = isConstant || inputs.get(port).rank() < 3 ? Layout.CONTIGUOUS : name.equals("r") ? output : input;
      Tensor tensor = reorder(inputs.get(port), own);
      arguments.add(new KernelRequest.Argument(
          Optional.of(tensor.type()), Optional.of(tensor)));
    }
    Op op = body.nodes().size() == 1 ? body.nodes().getFirst().op() : new Fused(body);
    return new KernelRequest(op, arguments, List.of(made), device.device());
  }

  private void check(Tactic tactic, String text, Layout input, Layout output) {
    Graph body = GraphParser.parse(text, Operators::get);
    List<Tensor> inputs = body.inputs().stream()
        .map(id -> random(body.value(id).name(), body.tensorType(id), depth(body)))
        .toList();
    Tensor expected = (Tensor) reference.run(body, List.copyOf(inputs)).getFirst();
    KernelRequest request = request(body, inputs, input, output);
    assertThat(tactic.supports(request)).isInstanceOf(Support.Supported.class);
    List<TuningChoice> choices = tactic.choices(request);
    choices.parallelStream().forEach(choice -> tactic.build(request, choice, new NoConstants()));
    try (Arena arena = Arena.ofShared();
        CudaQueue queue = device.newQueue()) {
      MemorySegment[] memory = request.inputs().stream()
          .map(argument -> argument.constant().orElseThrow().data())
          .toArray(MemorySegment[]::new);
      for (TuningChoice choice : choices) {
        MemorySegment result = arena.allocate(request.output().bytes(), 64).fill((byte) 0x7e);
        Kernel kernel = tactic.build(request, choice, new DeviceConstants(arena, queue));
        kernel.run(new KernelArguments(memory, new MemorySegment[] {result}, MemorySegment.NULL));
        Tensor got = reorder(new Tensor(request.output(), result), Layout.CONTIGUOUS);
        double allowed = body.nodes().size() > 1 ? 1 : 0;
        assertThat(largestDifference(got, expected)).as("%s with %s", text, choice).isLessThanOrEqualTo(allowed);
      }
    }
  }

  /** Products of a result. */
  private static double depth(Graph body) {
    return body.input("w").map(id -> body.shape(id).known()).map(dims -> {
      double elements = 1;
      for (long size : dims) {
        elements *= size;
      }
      return elements / (dims.length == 2 ? dims[1] : dims[0]);
    }).orElse(1.0);
  }

  /** Numbers for which results spread over all bytes. */
  private Tensor random(String name, TensorType type, double depth) {
    Tensor tensor = Tensor.allocate(type);
    for (long i = 0; i < tensor.elementCount(); i++) {
      double unit = random.nextDouble();
      tensor.setDouble(i, switch (name) {
        case "scale" -> (0.5 + unit) / (100 * Math.sqrt(depth));
        case "offset" -> 20 * unit;
        case "start" -> Math.rint(2000 * unit - 1000);
        case "k", "x_scale" -> 0.05 + unit;
        case "r" -> type.dtype() == DType.FLOAT32 ? 40 * unit - 20 : Math.rint(255 * unit);
        default -> type.dtype() == DType.FLOAT32 ? 200 * unit - 100
            : type.dtype() == DType.INT8 ? Math.rint(254 * unit - 127) : Math.rint(255 * unit);
      });
    }
    return tensor;
  }

  private Tensor reorder(Tensor tensor, Layout layout) {
    Tensor made = tensor.type().layout().equals(layout) ? tensor : reference.evaluate(new Reorder(layout), tensor);
    return made.copy(Arena.ofAuto());
  }

  private static double largestDifference(Tensor got, Tensor expected) {
    double worst = 0;
    for (long i = 0; i < expected.elementCount(); i++) {
      double difference = Math.abs(got.getDouble(i) - expected.getDouble(i));
      worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
    }
    return worst;
  }

  private static final class NoConstants implements PackedConstants {
    @Override
    public MemorySegment pack(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      return MemorySegment.NULL;
    }

    @Override
    public DeviceBuffer onDevice(int port, String format, long bytes, Consumer<MemorySegment> pack) {
      return DeviceBuffer.NONE;
    }
  }
}
