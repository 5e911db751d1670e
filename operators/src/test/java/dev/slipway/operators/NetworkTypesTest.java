package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.TypeInference;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Types, costs, refusals and attributes of the network's and the quantised operators. */
class NetworkTypesTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Conv pads=1,1,1,1 strides=2,2 | N 3 H W; 8 3 3 3 | [N, 8, floor(H-1, 2)+1, floor(W-1, 2)+1]
      Conv auto_pad=SAME_UPPER strides=2 | N 3 L; 8 3 3 | [N, 8, floor(L+1, 2)]
      ConvTranspose strides=2,2 pads=1,1,1,1 | N 3 H W; 3 8 4 4 | [N, 8, 2*H, 2*W]
      MaxPool kernel_shape=2,2 strides=2,2 | N 3 H W | [N, 3, floor(H-2, 2)+1, floor(W-2, 2)+1]
      MaxPool kernel_shape=2 strides=2 ceil_mode=1 | N 3 L | [N, 3, min(floor(L-1, 2)+1, floor(L+1, 2))]
      GlobalAveragePool | N C H W | [N, C, 1, 1]
      MatMul | N S 4; 4 8 | [N, S, 8]
      MatMul | N S 4; N 4 S | [N, S, S]
      Gemm transB=1 | N 4; 8 4; 8 | [N, 8]
      Einsum equation=bij,bjk->bik | N S 4; N 4 S | [N, S, S]
      LSTM | S N 4; 1 12 4; 1 12 3 | [S, 1, N, 3]
      GRU layout=1 | N S 4; 1 9 4; 1 9 3 | [N, S, 1, 3]
      Attention q_num_heads=2 kv_num_heads=1 | N S 8; N T 4; N T 4 | [N, S, 8]
      LayerNormalization | N S 4; 4; 4 | [N, S, 4]
      BatchNormalization | N 3 H W; 3; 3; 3; 3 | [N, 3, H, W]
      """)
  void keepsSymbols(String operator, String inputs, String output) {
    assertThat(infer(OperatorTable.op(operator), inputs)).hasToString("float32" + output);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Conv | 1 3 4 4; 8 3 2 2 | 8*3*3 * 2*3*2*2
      Conv group=3 | 1 3 4 4; 6 1 2 2; 6 | 6*3*3 * 9
      ConvTranspose strides=2,2 | 1 3 4 4; 3 8 2 2 | 3*4*4 * 2*8*2*2
      MaxPool kernel_shape=3,3 | 1 2 4 4 | 2*2*2 * 8
      AveragePool kernel_shape=3,3 | 1 2 4 4 | 2*2*2 * 9
      GlobalAveragePool | 1 2 4 4 | 2*4*4
      MatMul | 5 2 3; 3 4 | 5*2*4 * 2*3
      Gemm | 2 3; 3 4; 4 | 2*4 * 7
      Gemm alpha=2 beta=2 | 2 3; 3 4; 4 | 2*4 * 9
      Einsum equation=ij,jk->ik | 2 3; 3 4 | 2*4 * 2*3
      LSTM | 7 2 4; 1 12 4; 1 12 3 | 7*2*3 * 69
      GRU | 7 2 4; 1 9 4; 1 9 3 | 7*2*3 * 53
      RNN | 7 2 4; 1 3 4; 1 3 3 | 7*2*3 * 16
      Attention | 1 2 3 4; 1 2 5 4; 1 2 5 6 | 2*3*5 * 26
      BatchNormalization | 1 3 2 2; 3; 3; 3; 3 | 3*2*2 * 2
      LayerNormalization | 2 4; 4; 4 | 2*4 * 7
      """)
  void countsOperations(String operator, String inputs, String product) {
    Op op = OperatorTable.op(operator);
    long expected = Arrays.stream(product.split(" *\\* *")).mapToLong(Long::parseLong).reduce(1, Math::multiplyExact);

    assertThat(op.cost(types(inputs), List.of(infer(op, inputs))).flops()).isEqualTo(Dim.of(expected));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Conv | 1 3 4; 3 3 2 | 0.0>0 1.0>1
      Conv | 1 3 4; 8 3 2; 8 | 0.0>0 1.0>1 2.0>1
      Conv group=3 | 1 3 4; 3 1 2; 3 | 0.0>0 1.0>1 0.1>1 2.0>1
      ConvTranspose | 1 3 4; 3 8 2; 8 | 0.0>0 1.1>1 2.0>1
      MaxPool kernel_shape=2 | 1 3 4 | 0.0>0 0.1>1
      MatMul | 5 2 3; 3 4 | 0.1>1 1.1>2 0.0>0
      Gemm transA=1 transB=1 | 3 2; 4 3; 4 | 0.1>0 1.0>1 2.0>1
      Einsum equation=ij,jk->ki | 2 3; 3 4 | 0.0>1 1.1>0
      """)
  void saysWhereAxesGo(String operator, String inputs, String links) {
    AxisFlow flow = OperatorTable.op(operator).axisFlow(types(inputs));

    assertThat(((AxisFlow.Links) flow).links())
        .extracting(link -> link.input() + "." + link.inputAxis() + ">" + link.outputAxis())
        .containsExactly(links.split(" "));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Conv | 1 3 4 4; 8 4 2 2 | channels of X: 3 (expected: 4, as W [8, 4, 2, 2] with group 1 takes)
      Conv group=2 | 1 2 4; 3 1 2 | output channels: 3 (expected: a multiple of group 2)
      Conv kernel_shape=3 | 1 1 4; 1 1 2 | attribute kernel_shape: [3] (expected: [2], as the weights [1, 1, 2])
      Conv | 1 1 4; 1 1 2; 2 | shape of B: [2] (expected: [1])
      Conv | 1 1 1; 1 1 5 | spatial size: 1 (expected: at least the window's 5)
      ConvTranspose output_padding=1,1 | 1 1 4; 1 1 2 | attribute output_padding: [1, 1] (expected: 1 numbers)
      MaxPool kernel_shape=2 | 1 1 4 4 | shape: [1, 1, 4, 4] (expected: rank 3 for kernel_shape [2])
      MaxPool kernel_shape=2 pads=2,0 | 1 1 4 | attribute pads: [2, 0] (expected: less than kernel_shape [2])
      GlobalMaxPool | 4 | shape: [4] (expected: a rank of at least 2)
      MatMul | 2 3; 4 5 | shapes: [2, 3] and [4, 5] (expected: 3 = 4, the length of the rows on the left and of the columns on the right)
      Gemm | 2 3 4; 3 4 | shape of A: [2, 3, 4] (expected: rank 2)
      Gemm | 2 3; 3 4; 5 | shape of C: [5] (expected: one that broadcasts to [2, 4])
      BatchNormalization | 1 3 2; 3; 4; 3; 3 | shape of B: [4] (expected: [3], the channels of X [1, 3, 2])
      LayerNormalization axis=2 | 2 3; 3 | axis: 2 (expected: -2 to 1)
      LayerNormalization | 2 3; 4 | shape of Scale: [4] (expected: one that broadcasts to [2, 3])
      GroupNormalization num_groups=2 | 1 3 2; 3; 3 | shape: [1, 3, 2] (expected: N×C×… with C a multiple of 2 groups)
      LSTM | 7 2 4; 1 12 4; 1 12 4 | shape of R: [1, 12, 4] (expected: [1, 4 * hidden_size, hidden_size])
      LSTM | 7 2 4; 1 12 5; 1 12 3 | shape of W: [1, 12, 5] (expected: [1, 12, 4])
      Einsum equation=ij,jk | 2 3; 4 5 | axis j of equation ij,jk: 4 (expected: 3, as before)
      Einsum equation=ij->z | 2 3 | attribute equation: ij->z (expected: labels of the inputs, each once, behind ->)
      QuantizeLinear axis=0 | 2 3; 4 | shape of the scale: [4] (expected: [2] for [2, 3], axis 0, block_size 0)
      Attention | 1 3 1 1; 1 2 1 1; 1 2 1 1 | heads of Q: 3 (expected: a multiple of the 2 heads of K)
      RotaryEmbedding | 1 1 1 3; 1 1 1; 1 1 1 | attribute rotary_embedding_dim: 0 (expected: an even number up to the head size 3)
      """)
  void refusesShapes(String operator, String inputs, String message) {
    Op op = OperatorTable.op(operator);

    assertThatThrownBy(() -> infer(op, inputs))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("node test (" + op.schema().qualifiedName() + "): " + message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      Conv group=0                    | attribute group: 0 (expected: >= 1)
      MaxPool kernel_shape=0          | attribute kernel_shape: [0] (expected: numbers >= 1)
      LpPool kernel_shape=1 p=0       | attribute p: 0 (expected: >= 1)
      LSTM direction=up               | attribute direction: up (expected: forward, reverse or bidirectional)
      LSTM activations=Tanh           | attribute activations: [Tanh] (expected: 3 names)
      RNN layout=2                    | attribute layout: 2 (expected: 0 or 1)
      Attention qk_matmul_output_mode=4 | attribute qk_matmul_output_mode: 4 (expected: 0 to 3)
      CausalConvWithState activation=relu | attribute activation: relu (expected: none, silu or swish)
      """)
  void refusesAttributes(String operator, String message) {
    assertThatThrownBy(() -> OperatorTable.op(operator)).isInstanceOf(InvalidGraphException.class).hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "Conv pads=1,1 strides=2 dilations=3 group=2 kernel_shape=3", "ConvTranspose output_padding=1 output_shape=5",
    "ConvInteger auto_pad=VALID", "QLinearConv group=2", "DeformConv offset_group=2 pads=1,1,1,1",
    "MaxPool kernel_shape=2,2 storage_order=1 ceil_mode=1", "AveragePool kernel_shape=2 count_include_pad=1",
    "LpPool kernel_shape=2 p=3", "GlobalLpPool p=1", "MaxUnpool kernel_shape=2,2 strides=2,2", "Gemm alpha=2 transB=1",
    "BatchNormalization training_mode=1", "LayerNormalization axis=1 stash_type=bfloat16", "LRN size=5 bias=2",
    "GroupNormalization num_groups=4", "RMSNormalization axis=1", "InstanceNormalization epsilon=0.1",
    "LSTM direction=bidirectional clip=3 hidden_size=4 input_forget=1", "GRU linear_before_reset=1 layout=1",
    "RNN activations=Affine activation_alpha=2 activation_beta=3", "Einsum equation=ij->ji",
    "Attention is_causal=1 q_num_heads=2 kv_num_heads=1 scale=2 softcap=3 softmax_precision=float32",
    "LinearAttention q_num_heads=2 kv_num_heads=1 update_rule=gated", "RotaryEmbedding interleaved=1 num_heads=2",
    "QuantizeLinear axis=0 block_size=4 output_dtype=int4 saturate=0", "DequantizeLinear output_dtype=float16",
    "ai.onnx.preview.FlexAttention scale=2 softmax_precision=float64"})
  void keepsAttributes(String text) {
    Op op = OperatorTable.op(text);

    assertThat(Operators.get(op.schema().qualifiedName()).create(op.attributes())).isEqualTo(op);
  }

  private static TensorType infer(Op op, String inputs) {
    List<TypeInference.Input> typed = types(inputs).stream().map(TypeInference.Input::of).toList();
    return (TensorType) TypeInference.infer("test", op, typed, 1).types().getFirst();
  }

  /** Float tensors of dimensions between spaces, letters for symbols. */
  private static List<TensorType> types(String inputs) {
    return Arrays.stream(inputs.split(";"))
        .map(dims -> Shape.of(Arrays.stream(dims.trim().split(" ")).map(NetworkTypesTest::dim).toList()))
        .map(shape -> TensorType.of(DType.FLOAT32, shape))
        .toList();
  }

  private static Dim dim(String text) {
    return Character.isLetter(text.charAt(0)) ? Dim.symbol(text) : Dim.of(Long.parseLong(text));
  }
}
