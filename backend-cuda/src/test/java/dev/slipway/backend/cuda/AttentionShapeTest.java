package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class AttentionShapeTest {
  private static KernelRequest request(String split) {
    Graph body = GraphParser.parse("""
        graph body {
          input x: float16[2, 7, 96]
          q, k, v = %s
          y = Attention(v, k, q) {q_num_heads = 2, kv_num_heads = 2}
          output "y" = y
        }
        """.formatted(split), Operators::get);
    return new KernelRequest(
        new Fused(body), List.of(KernelRequest.Argument.of(TensorType.of(DType.FLOAT16, 2, 7, 96))),
        List.of(TensorType.of(DType.FLOAT16, 2, 7, 32)), new SourceDevice().device());
  }

  @Test
  void findsOperandsInOneInput() {
    KernelRequest request = request("Split(x) {axis = 2, num_outputs = 3}");
    assertThat(AttentionShape.refusal(request)).isEmpty();
    AttentionShape shape = AttentionShape.of(request);
    assertThat(shape.query()).isEqualTo(new AttentionShape.Place(0, 64, 7 * 96, 16, 96));
    assertThat(shape.key()).isEqualTo(new AttentionShape.Place(0, 32, 7 * 96, 16, 96));
    assertThat(shape.value()).isEqualTo(new AttentionShape.Place(0, 0, 7 * 96, 16, 96));
    assertThat(shape.output()).isEqualTo(new AttentionShape.Place(0, 0, 7 * 32, 16, 32));
    assertThat(shape.isForTensorCores()).isTrue();
  }

  @Test
  void refusesPartsOfAnotherAxis() {
    Graph body = GraphParser.parse("""
        graph body {
          input x: float16[6, 7, 32]
          q, k, v = Split(x) {axis = 0, num_outputs = 3}
          y = Attention(q, k, v) {q_num_heads = 2, kv_num_heads = 2}
          output "y" = y
        }
        """, Operators::get);
    KernelRequest request = new KernelRequest(
        new Fused(body), List.of(KernelRequest.Argument.of(TensorType.of(DType.FLOAT16, 6, 7, 32))),
        List.of(TensorType.of(DType.FLOAT16, 2, 7, 32)), new SourceDevice().device());
    assertThat(AttentionShape.refusal(request)).isPresent();
  }

  @Test
  void takesTilesThatFitABlock() {
    AttentionShape shape = AttentionShape.of(request("Split(x) {axis = -1, num_outputs = 3}"));
    assertThat(new AttentionTiles(1, 4, 128).fit(shape)).isTrue();
    assertThat(new AttentionTiles(4, 1, 2048).fit(shape)).isFalse();
    assertThat(new AttentionTiles(2, 2, 128).blocks(shape)).isEqualTo(4);
  }
}
