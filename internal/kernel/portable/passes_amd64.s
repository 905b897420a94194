#include "textflag.h"

// func add256(c, a, b *float32, n int)
TEXT ·add256(SB), NOSPLIT, $0-32
	MOVQ c+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), R8
	MOVQ n+24(FP), CX
	SHLQ $2, CX
	XORQ AX, AX

loop:
	VMOVUPS (SI)(AX*1), Y0
	VADDPS  (R8)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     loop
	VZEROUPPER
	RET

// func relu256(y, x *float32, n int)
TEXT ·relu256(SB), NOSPLIT, $0-24
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VXORPS Y7, Y7, Y7

loop:
	VMOVUPS (SI)(AX*1), Y0
	VMAXPS  Y0, Y7, Y0 // NaN stays, as the operand that is written first
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     loop
	VZEROUPPER
	RET

// func reluGrad256(dx, y, dy *float32, n int)
TEXT ·reluGrad256(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ dy+16(FP), R8
	MOVQ n+24(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VXORPS Y7, Y7, Y7

loop:
	VMOVUPS  (SI)(AX*1), Y0
	VPCMPGTD Y7, Y0, Y0
	VANDPS   (R8)(AX*1), Y0, Y0
	VMOVUPS  Y0, (DI)(AX*1)
	ADDQ     $32, AX
	CMPQ     AX, CX
	JLT      loop
	VZEROUPPER
	RET
