package dev.slipway.backend.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.graph.Graph;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Generated kernels that take float32 and both types of 16 bits. */
@Tag("gpu")
class GeneratedTacticsTest {
  private static final Layout LAST = new Layout.ChannelsLast(8);

  private OpenCudaDevice device;

  @BeforeEach
  void open() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    device = new OpenCudaDevice(CudaLibraries.load(), 0);
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
  }

  /** Windows beside and over each other, with holes, with channels that fill no vector. */
  @ParameterizedTest
  @CsvSource({
      "1, 24, 23, 24, 2, 2, 0, 1, 0", "2, 24, 9, 1, 2, 2, 0, 1, 0", "1, 16, 7, 20, 3, 2, 1, 1, 1", "1, 5, 6, 9, 4, 3, 2, 2, 1",
      "2, 8, 5, 16, 3, 1, 1, 1, 0", "1, 3, 4, 8, 2, 4, 0, 1, 2"})
  void convolvesTransposed(
      long batch, long channels, long size, long outputs, long kernel, long stride, long pad, long dilation, long more) {
    for (DType type : List.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)) {
      GpuTacticCheck check = new GpuTacticCheck(device, type);
      Graph body = check.parse("""
          graph body {
            input x: float16[%1$d, %2$d, %3$d, %3$d]
            input w: float16[%2$d, %4$d, %5$d, %5$d]
            input b: float16[%4$d]
            y = ConvTranspose(x, w, b) {strides = [%6$d, %6$d], pads = [%7$d, %7$d, %7$d, %7$d], dilations = [%8$d, %8$d],
              output_padding = [%9$d, %9$d]}
            z = Relu(y)
            output "z" = z
          }
          """.formatted(batch, channels, size, outputs, kernel, stride, pad, dilation, more));
      check.check(new ConvTransposeTactic(device), body, List.of(1, 2), Layout.CONTIGUOUS);
      if (type != DType.FLOAT32) {
        check.check(new ConvTransposeTactic(device), body, List.of(1, 2), LAST);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, names = {"FLOAT32", "FLOAT16"})
  void convolvesTransposedGroups(DType type) {
    GpuTacticCheck check = new GpuTacticCheck(device, type);
    Graph body = check.parse("""
        graph body {
          input x: float16[2, 6, 5, 7]
          input w: float16[6, 4, 3, 2]
          y = ConvTranspose(x, w) {group = 3, strides = [2, 1], auto_pad = "SAME_UPPER"}
          output "y" = y
        }
        """);
    check.check(new ConvTransposeTactic(device), body, List.of(), Layout.CONTIGUOUS);
    check.check(new ConvTransposeTactic(device), body, List.of(1), Layout.CONTIGUOUS);
  }

  @ParameterizedTest
  @CsvSource({
      "forward, 1, 1, 257, 128, 0", "reverse, 7, 3, 20, 33, 0", "bidirectional, 5, 2, 64, 40, 0",
      "bidirectional, 4, 3, 12, 100, 1"})
  void remembers(String direction, long steps, long batch, long inputs, long hidden, long layout) {
    long directions = direction.equals("bidirectional") ? 2 : 1;
    String x = layout == 0 ? steps + ", " + batch : batch + ", " + steps;
    String state = (layout == 0 ? directions + ", " + batch : batch + ", " + directions) + ", " + hidden;
    for (DType type : List.of(DType.FLOAT32, DType.FLOAT16)) {
      GpuTacticCheck check = new GpuTacticCheck(device, type);
      check.check(new LstmTactic(device), check.parse("""
          graph body {
            input x: float16[%1$s, %2$d]
            input w: float16[%3$d, %4$d, %2$d]
            input r: float16[%3$d, %4$d, %5$d]
            input b: float16[%3$d, %6$d]
            input l: int32[%7$d]
            input h: float16[%8$s]
            input c: float16[%8$s]
            input p: float16[%3$d, %9$d]
            y, yh, yc = LSTM(x, w, r, b, l, h, c, p) {direction = "%10$s", hidden_size = %5$d, layout = %11$d, clip = 0.75}
            output "y" = y
            output "h" = yh
            output "c" = yc
          }
          """.formatted(x, inputs, directions, 4 * hidden, hidden, 8 * hidden, batch, state, 3 * hidden, direction,
              layout)), List.of(1, 2, 3), Layout.CONTIGUOUS);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 7", "64, 31", "37, 4096", "700, 1028"})
  void quantisesByTheRange(long rows, long columns) {
    GpuTacticCheck check = new GpuTacticCheck(device, DType.FLOAT32);
    check.check(new DynamicQuantizeTactic(device), check.parse("""
        graph body {
          input x: float32[%d, %d]
          y, s, z = DynamicQuantizeLinear(x)
          output "y" = y
          output "s" = s
          output "z" = z
        }
        """.formatted(rows, columns)), List.of(), Layout.CONTIGUOUS);
  }

  @ParameterizedTest
  @CsvSource({"uint8, 16, 2, 2", "int8, 32, 2, 3", "uint8, 5, 1.5, 2", "float32, 3, 2, 0.5"})
  void resizesByTheNearest(String type, long channels, float rows, float columns) {
    GpuTacticCheck check = new GpuTacticCheck(device, DType.FLOAT32);
    Graph body = check.parse("""
        graph body {
          input x: %s[2, %d, 6, 8]
          input r: float32[0]
          input s: float32[4]
          y = Resize(x, r, s) {mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"}
          output "y" = y
        }
        """.formatted(type, channels));
    Tensor scales = Tensor.allocate(DType.FLOAT32, 4);
    scales.set(new float[] {1, 1, rows, columns});
    List<Tensor> inputs =
        List.of(check.random(body.tensorType(body.inputs().getFirst())), Tensor.allocate(DType.FLOAT32, 0), scales);
    check.check(new ResizeTactic(device), body, inputs, List.of(1, 2), Layout.CONTIGUOUS);
    if (!type.equals("float32")) {
      check.check(new ResizeTactic(device), body, inputs, List.of(1, 2), CudaBackend.BYTES);
    }
  }

  @ParameterizedTest
  @CsvSource({"float32, -1, 1, 1", "float32, -1, 1, 0", "float16, 1, 0, 1", "int32, 0, 1, 1", "uint8, 2, 0, 1"})
  void sorts(String type, long axis, int largest, int sorted) {
    for (List<Long> dims : List.of(List.of(3L, 1L, 1L), List.of(2L, 5L, 33L), List.of(9L, 64L, 8L), List.of(3L, 2L, 8400L))) {
      GpuTacticCheck check = new GpuTacticCheck(device, DType.FLOAT16);
      check.check(new TopKTactic(device), check.parse("""
          graph body {
            input x: %s[%d, %d, %d]
            constant k: int64[1] = {%d}
            v, i = TopK(x, k) {axis = %d, largest = %d, sorted = %d}
            output "v" = v
            output "i" = i
          }
          """.formatted(type, dims.get(0), dims.get(1), dims.get(2),
              Math.ceilDiv(dims.get((int) Math.floorMod(axis, 3L)), 3), axis, largest, sorted)), List.of(),
          Layout.CONTIGUOUS);
    }
  }
}
