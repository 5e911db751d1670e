package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Attributes;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Sources of kernels for a few shapes, as files, so that a review sees what changes. */
class SourcesTest {
  private final SourceDevice device = new SourceDevice();

  private static TensorType halves(long... dims) {
    return TensorType.of(DType.FLOAT16, dims);
  }

  private static TensorType last(long... dims) {
    return halves(dims).withLayout(new Layout.ChannelsLast(8));
  }

  private String source(Tactic tactic, String op, Attributes attributes, TensorType output, TensorType... inputs) {
    KernelRequest request = new KernelRequest(
        Operators.get(op).create(attributes),
        Arrays.stream(inputs).map(KernelRequest.Argument::of).toList(),
        List.of(output),
        device.device());
    tactic.build(request, tactic.choices(request).getFirst(), new NoConstants());
    String text = device.sources.getLast().text();
    return text.substring(text.indexOf("extern \"C\""));
  }

  private static String expected(String file) throws IOException {
    try (InputStream stream = SourcesTest.class.getResourceAsStream(file)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void addsABias() throws IOException {
    assertThat(source(new PointwiseTactic(device), "Add", Attributes.NONE,
            last(2, 16, 5, 6), last(2, 16, 5, 6), halves(1, 16, 1, 1)))
        .isEqualTo(expected("add_channels_last.cu"));
  }

  @Test
  void poolsChannelsLast() throws IOException {
    Attributes window = Attributes.of("kernel_shape", List.of(3L, 3L))
        .with("strides", List.of(2L, 2L))
        .with("pads", List.of(1L, 1L, 1L, 1L));
    assertThat(source(new PoolTactic(device), "MaxPool", window, last(1, 64, 56, 56), last(1, 64, 112, 112)))
        .isEqualTo(expected("max_pool_channels_last.cu"));
  }

  @Test
  void normalisesRows() throws IOException {
    assertThat(source(new RowTactic(device), "LayerNormalization", Attributes.NONE,
            halves(128, 768), halves(128, 768), halves(768), halves(768)))
        .isEqualTo(expected("layer_normalization.cu"));
  }

  @Test
  void movesChannelsLast() throws IOException {
    assertThat(source(new DataMovementTactic(device), "slipway.Reorder", Attributes.of("layout", "last8"),
            last(1, 3, 8, 8), halves(1, 3, 8, 8)))
        .isEqualTo(expected("reorder_channels_last.cu"));
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
