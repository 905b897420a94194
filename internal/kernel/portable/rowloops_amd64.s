#include "textflag.h"

// All go through n elements in rows of c: AX counts bytes within a row, CX are the bytes of a row, DX the elements left.

// func addRows256(sum, x *float32, c, n int)
TEXT ·addRows256(SB), NOSPLIT, $0-32
	MOVQ sum+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ c+16(FP), CX
	MOVQ n+24(FP), DX
	MOVQ CX, BX
	SHLQ $2, CX

row:
	XORQ AX, AX

column:
	VMOVUPS (DI)(AX*1), Y0
	VADDPS  (SI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     column
	ADDQ    CX, SI
	SUBQ    BX, DX
	JNZ     row
	VZEROUPPER
	RET

// func addSquares256(sum, x, mean *float32, c, n int)
TEXT ·addSquares256(SB), NOSPLIT, $0-40
	MOVQ sum+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ mean+16(FP), R8
	MOVQ c+24(FP), CX
	MOVQ n+32(FP), DX
	MOVQ CX, BX
	SHLQ $2, CX

row:
	XORQ AX, AX

column:
	VMOVUPS (SI)(AX*1), Y0
	VSUBPS  (R8)(AX*1), Y0, Y0
	VMULPS  Y0, Y0, Y0
	VADDPS  (DI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     column
	ADDQ    CX, SI
	SUBQ    BX, DX
	JNZ     row
	VZEROUPPER
	RET

// func addProducts256(sum, sumX, x, dy, mask, mean *float32, c, n int, least int32)
TEXT ·addProducts256(SB), NOSPLIT, $0-68
	MOVQ sum+0(FP), DI
	MOVQ sumX+8(FP), R9
	MOVQ x+16(FP), SI
	MOVQ dy+24(FP), R10
	MOVQ mask+32(FP), R11
	MOVQ mean+40(FP), R8
	MOVQ c+48(FP), CX
	MOVQ n+56(FP), DX
	VBROADCASTSS least+64(FP), Y7
	MOVQ CX, BX
	SHLQ $2, CX

row:
	XORQ AX, AX

column:
	VMOVUPS  (R11)(AX*1), Y1
	VPCMPGTD Y7, Y1, Y1
	VANDPS   (R10)(AX*1), Y1, Y1
	VMOVUPS  (SI)(AX*1), Y0
	VSUBPS   (R8)(AX*1), Y0, Y0
	VMULPS   Y1, Y0, Y0
	VADDPS   (DI)(AX*1), Y1, Y1
	VMOVUPS  Y1, (DI)(AX*1)
	VADDPS   (R9)(AX*1), Y0, Y0
	VMOVUPS  Y0, (R9)(AX*1)
	ADDQ     $32, AX
	CMPQ     AX, CX
	JLT      column
	ADDQ     CX, SI
	ADDQ     CX, R10
	ADDQ     CX, R11
	SUBQ     BX, DX
	JNZ      row
	VZEROUPPER
	RET

// func normRows256(y, x, mean, gain, shift *float32, c, n int, least float32)
TEXT ·normRows256(SB), NOSPLIT, $0-60
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ mean+16(FP), R8
	MOVQ gain+24(FP), R9
	MOVQ shift+32(FP), R10
	MOVQ c+40(FP), CX
	MOVQ n+48(FP), DX
	VBROADCASTSS least+56(FP), Y7
	MOVQ CX, BX
	SHLQ $2, CX

row:
	XORQ AX, AX

column:
	VMOVUPS (SI)(AX*1), Y0
	VSUBPS  (R8)(AX*1), Y0, Y0
	VMULPS  (R9)(AX*1), Y0, Y0
	VADDPS  (R10)(AX*1), Y0, Y0
	VMAXPS  Y0, Y7, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     column
	ADDQ    CX, SI
	ADDQ    CX, DI
	SUBQ    BX, DX
	JNZ     row
	VZEROUPPER
	RET

// func normAddRows256(y, x, mean, gain, shift, residual *float32, c, n int, least float32)
TEXT ·normAddRows256(SB), NOSPLIT, $0-68
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ mean+16(FP), R8
	MOVQ gain+24(FP), R9
	MOVQ shift+32(FP), R10
	MOVQ residual+40(FP), R11
	MOVQ c+48(FP), CX
	MOVQ n+56(FP), DX
	VBROADCASTSS least+64(FP), Y7
	MOVQ CX, BX
	SHLQ $2, CX

row:
	XORQ AX, AX

column:
	VMOVUPS (SI)(AX*1), Y0
	VSUBPS  (R8)(AX*1), Y0, Y0
	VMULPS  (R9)(AX*1), Y0, Y0
	VADDPS  (R10)(AX*1), Y0, Y0
	VADDPS  (R11)(AX*1), Y0, Y0
	VMAXPS  Y0, Y7, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     column
	ADDQ    CX, SI
	ADDQ    CX, DI
	ADDQ    CX, R11
	SUBQ    BX, DX
	JNZ     row
	VZEROUPPER
	RET

// func normGradRows256(dx, x, dy, mask, mean, gain, offset, slope *float32, c, n int, least int32)
TEXT ·normGradRows256(SB), NOSPLIT, $0-84
	MOVQ dx+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), R10
	MOVQ mask+24(FP), R11
	MOVQ mean+32(FP), R8
	MOVQ gain+40(FP), R9
	MOVQ offset+48(FP), R12
	MOVQ slope+56(FP), R13
	MOVQ c+64(FP), CX
	MOVQ n+72(FP), DX
	VBROADCASTSS least+80(FP), Y7
	MOVQ CX, BX
	SHLQ $2, CX

row:
	XORQ AX, AX

column:
	VMOVUPS  (R11)(AX*1), Y1
	VPCMPGTD Y7, Y1, Y1
	VANDPS   (R10)(AX*1), Y1, Y1
	VMULPS   (R9)(AX*1), Y1, Y1
	VSUBPS   (R12)(AX*1), Y1, Y1
	VMOVUPS  (SI)(AX*1), Y0
	VSUBPS   (R8)(AX*1), Y0, Y0
	VMULPS   (R13)(AX*1), Y0, Y0
	VSUBPS   Y0, Y1, Y1
	VMOVUPS  Y1, (DI)(AX*1)
	ADDQ     $32, AX
	CMPQ     AX, CX
	JLT      column
	ADDQ     CX, SI
	ADDQ     CX, DI
	ADDQ     CX, R10
	ADDQ     CX, R11
	SUBQ     BX, DX
	JNZ      row
	VZEROUPPER
	RET
