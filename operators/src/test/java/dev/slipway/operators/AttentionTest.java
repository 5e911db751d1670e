package dev.slipway.operators;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      Attention | float32[1,1,1,1] 5; float32[1,1,1,1] 2; float32[1,1,1,2] 3 4 | float32[1,1,1,2] 3 4
      Attention is_causal=1 | float32[1,1,2,1] 0 0; float32[1,1,2,1] 0 0; float32[1,1,2,1] 1 3 | float32[1,1,2,1] 1 2
      Attention is_causal=1 | float32[1,1,1,1] 0; float32[1,1,1,1] 0; float32[1,1,1,1] 1; -; float32[1,1,1,1] 0; float32[1,1,1,1] 3 | float32[1,1,1,1] 2; float32[1,1,2,1] 0 0; float32[1,1,2,1] 3 1
      Attention | float32[1,1,1,1] 0; float32[1,1,2,1] 0 0; float32[1,1,2,1] 1 3; bool[1,2] 0 1 | float32[1,1,1,1] 3
      Attention | float32[1,1,1,1] 0; float32[1,1,2,1] 0 0; float32[1,1,2,1] 1 3; bool[1,2] 0 0 | float32[1,1,1,1] 0
      Attention | float32[1,1,1,1] 0; float32[1,1,2,1] 0 0; float32[1,1,2,1] 1 3; float32[1,1] 0 | float32[1,1,1,1] 1
      Attention | float32[1,1,1,1] 0; float32[1,1,2,1] 0 0; float32[1,1,2,1] 1 3; -; -; -; int64 1 | float32[1,1,1,1] 1
      Attention q_num_heads=2 kv_num_heads=1 | float32[1,1,2] 0 0; float32[1,2,1] 0 0; float32[1,2,1] 1 3 | float32[1,1,2] 2 2
      Attention scale=2 qk_matmul_output_mode=0 | float32[1,1,1,1] 3; float32[1,1,1,1] 2; float32[1,1,1,1] 1 | float32[1,1,1,1] 1; float32[1,1,1,1] 2; float32[1,1,1,1] 1; float32[1,1,1,1] 12
      Attention scale=2 softcap=1 qk_matmul_output_mode=1 | float32[1,1,1,1] 3; float32[1,1,1,1] 2; float32[1,1,1,1] 1 | float32[1,1,1,1] 1; float32[1,1,1,1] 2; float32[1,1,1,1] 1; float32[1,1,1,1] 1
      ai.onnx.preview.FlexAttention | float32[1,2,1,1] 0 0; float32[1,1,2,1] 0 0; float32[1,1,2,1] 1 3 | float32[1,2,1,1] 2 2
      LinearAttention q_num_heads=1 kv_num_heads=1 update_rule=linear scale=1 | float32[1,2,1] 1 1; float32[1,2,1] 1 1; float32[1,2,1] 2 3 | float32[1,2,1] 2 5; float32[1,1,1,1] 5
      LinearAttention q_num_heads=1 kv_num_heads=1 update_rule=gated scale=1 | float32[1,2,1] 1 1; float32[1,2,1] 1 1; float32[1,2,1] 2 3; -; float32[1,2,1] 0 -0.6931472 | float32[1,2,1] 2 4; float32[1,1,1,1] 4
      LinearAttention q_num_heads=2 kv_num_heads=1 update_rule=delta scale=1 | float32[1,2,2] 1 2 1 2; float32[1,2,1] 1 1; float32[1,2,1] 2 3; float32[1,1,1,1] 0; -; float32[1,2,1] 1 1 | float32[1,2,2] 2 4 3 6; float32[1,1,1,1] 3
      RotaryEmbedding | float32[1,1,1,2] 1 0; float32[1,1,1] 0.6; float32[1,1,1] 0.8 | float32[1,1,1,2] 0.6 0.8
      RotaryEmbedding interleaved=1 num_heads=1 rotary_embedding_dim=2 | float32[1,1,3] 0 1 7; float32[2,1] 1 0.6; float32[2,1] 0 0.8; int64[1,1] 1 | float32[1,1,3] -0.8 0.6 7
      RotaryEmbedding | float32[1,1,1,4] 1 2 3 4; float32[1,1,2] 0 0; float32[1,1,2] 1 1 | float32[1,1,1,4] -3 -4 1 2
      """)
  void attends(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }
}
