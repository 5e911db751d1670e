package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Device;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class MatMulProblemTest {

  private static KernelRequest request(String body) {
    Graph graph = GraphParser.parse("graph body {\n" + body + "}\n", Operators::get);
    List<KernelRequest.Argument> inputs = graph.inputs().stream()
        .map(id -> KernelRequest.Argument.of((TensorType) graph.type(id)))
        .toList();
    List<TensorType> outputs = graph.outputs().values().stream().map(id -> (TensorType) graph.type(id)).toList();
    return new KernelRequest(new Fused(graph), inputs, outputs, new Device("cuda", 0, "none", "none"));
  }

  private static MatMulProblem taken(String body) {
    return ((MatMulProblem.Result.Taken) MatMulProblem.of(request(body))).problem();
  }

  @Test
  void takesBiasAndResidual() {
    MatMulProblem problem = taken("""
        input x: float16[2, 8, 16]
        input w: float16[16, 32]
        input b: float16[32]
        input r: float16[2, 8, 32]
        p = MatMul(x, w)
        s = Add(b, p)
        y = Add(s, r)
        output "y" = y
        """);
    assertThat(problem.bias()).isEqualTo(2);
    assertThat(problem.residual()).isEqualTo(3);
    assertThat(problem.product().beta()).isEqualTo(1);
    assertThat(problem.product().epilogue()).isEqualTo(CublasLt.Epilogue.BIAS);
    assertThat(problem.product().d().columns()).isEqualTo(16);
    assertThat(Expressions.isInput(problem.rest(), FusedGroup.RESULT)).isTrue();
  }

  /** What is added to a single row has the shape of a bias. */
  @Test
  void takesBiasAndResidualOfOneRow() {
    MatMulProblem problem = taken("""
        input x: float16[1, 16]
        input w: float16[16, 32]
        input b: float16[32]
        input r: float16[1, 32]
        p = MatMul(x, w)
        s = Add(p, b)
        y = Add(s, r)
        output "y" = y
        """);
    assertThat(problem.bias()).isEqualTo(2);
    assertThat(problem.residual()).isEqualTo(3);
  }

  @Test
  void leavesWhatTheLibraryDoesNotCompute() {
    MatMulProblem problem = taken("""
        input x: float32[8, 16]
        input w: float32[16, 32]
        input b: float32[32]
        p = MatMul(x, w)
        s = Add(p, b)
        y = Swish(s)
        output "y" = y
        """);
    assertThat(problem.bias()).isEqualTo(2);
    assertThat(Expressions.inputs(problem.rest())).containsExactly(FusedGroup.RESULT);
    assertThat(Expressions.isInput(problem.rest(), FusedGroup.RESULT)).isFalse();
  }

  @Test
  void multipliesBatches() {
    MatMulProblem problem = taken("""
        input x: float16[2, 12, 128, 64]
        input k: float16[2, 12, 64, 128]
        y = MatMul(x, k)
        output "y" = y
        """);
    assertThat(problem.product().batch()).isEqualTo(24);
    assertThat(problem.product().a().batchStride()).isEqualTo(64 * 128);
    assertThat(problem.flops()).isEqualTo(2.0 * 24 * 128 * 128 * 64);
  }

  @Test
  void multipliesFloat8ByColumns() {
    MatMulProblem problem = taken("""
        input x: float8e4m3fn[2, 8, 16]
        input w: float8e4m3fn[32, 16]
        input b: float16[32]
        p = slipway.Float8MatMul(x, w) {scale = 0.5, output_dtype = 10}
        y = Add(p, b)
        output "y" = y
        """);
    assertThat(problem.product().a()).isEqualTo(new CublasLt.Matrix(DType.FLOAT8E4M3FN, 16, 32, 16, 0));
    assertThat(problem.product().transposeA()).isTrue();
    assertThat(problem.product().d()).isEqualTo(new CublasLt.Matrix(DType.FLOAT16, 32, 16, 32, 16 * 32));
    assertThat(problem.product().alpha()).isEqualTo(0.5f);
    assertThat(problem.bias()).isEqualTo(2);
    assertThat(problem.flops()).isEqualTo(2.0 * 16 * 32 * 16);
  }

  @Test
  void leavesTheFloat32BiasOfFloat8() {
    MatMulProblem problem = taken("""
        input x: float8e4m3fn[16, 16]
        input w: float8e4m3fn[32, 16]
        input b: float32[32]
        p = slipway.Float8MatMul(x, w) {output_dtype = 1}
        y = Add(p, b)
        output "y" = y
        """);
    assertThat(problem.bias()).isEqualTo(-1);
    assertThat(Expressions.inputs(problem.rest())).contains(2);
  }

  @Test
  void refusesBatchesThatAreBroadcastBothWays() {
    KernelRequest request = request("""
        input x: float16[2, 1, 8, 16]
        input k: float16[1, 3, 16, 8]
        y = MatMul(x, k)
        output "y" = y
        """);
    assertThat(MatMulProblem.of(request)).isInstanceOf(MatMulProblem.Result.Refused.class);
  }
}
