package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.graph.Attributes;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DirectByteTacticTest {
  private final SourceDevice device = new SourceDevice();

  private Support supports(TensorType scale) {
    List<KernelRequest.Argument> arguments = Stream.of(
            TensorType.of(DType.UINT8, 3, 20), TensorType.of(DType.INT8, 20, 9), TensorType.of(DType.FLOAT32, 9),
            TensorType.of(DType.FLOAT32, 9), TensorType.of(DType.INT32, 9), scale)
        .map(KernelRequest.Argument::of)
        .toList();
    return new DirectByteTactic(device).supports(new KernelRequest(
        Operators.get("slipway.QuantizedMatMul").create(Attributes.NONE), arguments,
        List.of(TensorType.of(DType.FLOAT32, 3, 9)), device.device()));
  }

  @Test
  void takesAScaleForAll() {
    assertThat(supports(TensorType.of(DType.FLOAT32))).isInstanceOf(Support.Supported.class);
  }

  @Test
  void refusesScalesOfRows() {
    assertThat(supports(TensorType.of(DType.FLOAT32, 3, 1))).isInstanceOfSatisfying(Support.Unsupported.class,
        refusal -> assertThat(refusal.reason()).contains("of rows (expected: one for all)"));
  }
}
