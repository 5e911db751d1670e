package dev.slipway.backend.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Graph;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kernels for float16, with every choice of their parameters, against the reference on random data. */
@Tag("gpu")
class HalfTacticsTest {
  private static final Layout LAST = new Layout.ChannelsLast(8);

  private OpenCudaDevice device;
  private GpuTacticCheck check;

  @BeforeEach
  void open() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    device = new OpenCudaDevice(CudaLibraries.load(), 0);
    check = new GpuTacticCheck(device, type());
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
      "1, 64, 56, 128", "2, 24, 19, 144", "3, 40, 7, 160", "1, 16, 33, 21", "2, 320, 7, 136", "1, 600, 5, 72"})
  void convolvesPixels(long batch, long channels, long size, long outputs) {
    checkConv("", batch, channels, size, outputs, 1, 1);
  }

  @ParameterizedTest
  @CsvSource({"2, 3, 37, 64, 7, 3", "1, 3, 32, 32, 3, 1", "2, 8, 15, 24, 5, 2", "1, 16, 18, 40, 3, 1", "1, 40, 12, 20, 3, 0"})
  void convolvesShortWindows(long batch, long channels, long size, long outputs, long kernel, long pad) {
    String window = "strides = [2, 2], pads = [%1$d, %1$d, %1$d, %1$d]".formatted(pad);
    checkConv(window, batch, channels, size, outputs, kernel, (size + 2 * pad - kernel) / 2 + 1);
  }

  @ParameterizedTest
  @CsvSource({"2, 3, 37, 64, 7, 3", "1, 3, 64, 32, 3, 1", "3, 4, 33, 24, 5, 2", "1, 1, 40, 72, 3, 0", "2, 3, 50, 20, 6, 2"})
  void convolvesPictures(long batch, long channels, long size, long outputs, long kernel, long pad) {
    Graph body = parse("""
        graph body {
          input x: float16[%1$d, %2$d, %3$d, %3$d]
          input w: float16[%4$d, %2$d, %5$d, %5$d]
          input b: float16[%4$d]
          y = Conv(x, w, b) {strides = [2, 2], pads = [%6$d, %6$d, %6$d, %6$d]}
          z = Sigmoid(y)
          output "z" = z
        }
        """.formatted(batch, channels, size, outputs, kernel, pad));
    check(new FirstConvTactic(device), body, List.of(1, 2), LAST);
  }

  private void checkConv(String window, long batch, long channels, long size, long outputs, long kernel, long out) {
    long outSize = kernel == 1 ? size : out;
    Graph body = parse("""
        graph body {
          input x: float16[%d, %d, %d, %d]
          input w: float16[%d, %d, %d, %d]
          input b: float16[%d]
          input r: float16[%d, %d, %d, %d]
          y = Conv(x, w, b) {%s}
          s = Add(y, r)
          z = Relu(s)
          output "z" = z
        }
        """.formatted(batch, channels, size, size, outputs, channels, kernel, kernel, outputs, batch, outputs, outSize,
            outSize, window));
    check(new TileConvTactic(device), body, List.of(1, 2), LAST);
  }

  @ParameterizedTest
  @CsvSource({"2, 32, 21, 3, 1, 1", "1, 96, 30, 3, 2, 1", "3, 24, 7, 3, 1, 1", "1, 40, 16, 5, 1, 2", "2, 8, 9, 2, 2, 0"})
  void convolvesDepthwise(long batch, long channels, long size, long kernel, long stride, long pad) {
    Graph body = parse("""
        graph body {
          input x: float16[%1$d, %2$d, %3$d, %3$d]
          input w: float16[%2$d, 1, %4$d, %4$d]
          input b: float16[%2$d]
          y = Conv(x, w, b) {group = %2$d, strides = [%5$d, %5$d], pads = [%6$d, %6$d, %6$d, %6$d]}
          z = HardSwish(y)
          output "z" = z
        }
        """.formatted(batch, channels, size, kernel, stride, pad));
    check(new DepthwiseConvTactic(device), body, List.of(1, 2), LAST);
  }

  @ParameterizedTest
  @CsvSource({"1, 128, 64, 12", "3, 77, 32, 4", "2, 200, 128, 2", "1, 15, 16, 3"})
  void attendsToPartsOfOneProduct(long batch, long length, long size, long heads) {
    Graph body = parse("""
        graph body {
          input x: float16[%1$d, %2$d, %3$d]
          input m: float16[%1$d, 1, 1, %2$d]
          q, k, v = Split(x) {axis = -1, num_outputs = 3}
          y = Attention(q, k, v, m) {q_num_heads = %4$d, kv_num_heads = %4$d}
          output "y" = y
        }
        """.formatted(batch, length, 3 * heads * size, heads));
    check(new AttentionTactic(device), body, List.of(), Layout.CONTIGUOUS);
  }

  @Test
  void attendsToSeparateHeads() {
    Graph body = parse("""
        graph body {
          input q: float16[2, 4, 65, 64]
          input k: float16[2, 2, 130, 64]
          input v: float16[2, 2, 130, 64]
          y = Attention(q, k, v)
          output "y" = y
        }
        """);
    check(new AttentionTactic(device), body, List.of(), Layout.CONTIGUOUS);
  }

  @Test
  void multipliesWithGelu() {
    Graph body = parse("""
        graph body {
          input x: float16[1, 40, 64]
          input w: float16[64, 96]
          input b: float16[96]
          p = MatMul(x, w)
          s = Add(p, b)
          y = Gelu(s)
          output "y" = y
        }
        """);
    check(new MatMulTactic(device), body, List.of(1, 2), Layout.CONTIGUOUS);
  }

  /** Of all operands. */
  DType type() {
    return DType.FLOAT16;
  }

  private Graph parse(String text) {
    return check.parse(text);
  }

  private void check(Tactic tactic, Graph body, List<Integer> constants, Layout layout) {
    check.check(tactic, body, constants, layout);
  }
}
