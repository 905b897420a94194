#include "textflag.h"
#include "sum_amd64.h"

// Both go row by row: DX counts rows, AX the bytes within one of CX bytes. SI walks x, R8 and R9 the mean and rstd of the row.

// MEAN is the mean of the lanes of y over X15 columns, in all lanes of to.
#define MEAN(y, x, to) \
	SUM(y, x, X0, Y0, X1, Y1); \
	VDIVSD X15, X0, X0; \
	VCVTSD2SS X0, X0, X0; \
	VBROADCASTSS X0, to

// HAT sets Y0 to (x-mean) rstd and Y1 to dy.
#define HAT \
	VMOVUPS (SI)(AX*1), Y0; \
	VSUBPS Y13, Y0, Y0; \
	VMULPS Y14, Y0, Y0; \
	VMOVUPS (R11)(AX*1), Y1

// func layerNormRows256(y, x, mean, rstd, gamma, beta *float32, rows, cols int, eps float64)
TEXT ·layerNormRows256(SB), NOSPLIT, $0-72
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ mean+16(FP), R8
	MOVQ rstd+24(FP), R9
	MOVQ gamma+32(FP), R10
	MOVQ beta+40(FP), R11
	MOVQ rows+48(FP), DX
	MOVQ cols+56(FP), CX
	VCVTSI2SDQ CX, X15, X15 // C
	VMOVSD eps+64(FP), X14
	MOVQ $0x3ff0000000000000, BX // 1
	VMOVQ BX, X13
	SHLQ $2, CX

row: // two sums at a time, the groups of even and of odd number, of which Y5 begins where there is one more
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	XORQ AX, AX
	TESTQ $32, CX
	JEQ  pairs
	VMOVUPS (SI), Y5
	MOVQ $32, AX

pairs:
	CMPQ AX, CX
	JGE  mean

sum:
	VADDPS (SI)(AX*1), Y6, Y6
	VADDPS 32(SI)(AX*1), Y5, Y5
	ADDQ $64, AX
	CMPQ AX, CX
	JLT  sum

mean:
	VADDPS Y5, Y6, Y6
	MEAN(Y6, X6, Y7)
	VMOVSS X7, (R8)
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	XORQ AX, AX
	TESTQ $32, CX
	JEQ  squaredPairs
	VSUBPS (SI), Y7, Y0
	VMULPS Y0, Y0, Y5
	MOVQ $32, AX

squaredPairs:
	CMPQ AX, CX
	JGE  deviation

squares:
	VSUBPS (SI)(AX*1), Y7, Y0
	VFMADD231PS Y0, Y0, Y6
	VSUBPS 32(SI)(AX*1), Y7, Y1
	VFMADD231PS Y1, Y1, Y5
	ADDQ $64, AX
	CMPQ AX, CX
	JLT  squares

deviation:
	VADDPS Y5, Y6, Y6
	SUM(Y6, X6, X0, Y0, X1, Y1)
	VDIVSD X15, X0, X0
	VADDSD X14, X0, X0
	VSQRTSD X0, X0, X0
	VDIVSD X0, X13, X0
	VCVTSD2SS X0, X0, X0
	VMOVSS X0, (R9)
	VBROADCASTSS X0, Y8
	XORQ AX, AX

norm:
	VMOVUPS (SI)(AX*1), Y0
	VSUBPS Y7, Y0, Y0
	VMULPS Y8, Y0, Y0
	VMOVUPS (R11)(AX*1), Y1
	VFMADD231PS (R10)(AX*1), Y0, Y1
	VMOVUPS Y1, (DI)(AX*1)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  norm
	ADDQ CX, SI
	ADDQ CX, DI
	ADDQ $4, R8
	ADDQ $4, R9
	DECQ DX
	JNZ  row
	VZEROUPPER
	RET

// func layerNormGradRows256(dx, dgamma, dbeta, x, gamma, mean, rstd, dy *float32, rows, cols int)
TEXT ·layerNormGradRows256(SB), NOSPLIT, $0-80
	MOVQ dx+0(FP), DI
	MOVQ dgamma+8(FP), R12
	MOVQ dbeta+16(FP), R13
	MOVQ x+24(FP), SI
	MOVQ gamma+32(FP), R10
	MOVQ mean+40(FP), R8
	MOVQ rstd+48(FP), R9
	MOVQ dy+56(FP), R11
	MOVQ rows+64(FP), DX
	MOVQ cols+72(FP), CX
	VCVTSI2SDQ CX, X15, X15 // C
	SHLQ $2, CX

row:
	VBROADCASTSS (R8), Y13
	VBROADCASTSS (R9), Y14
	VXORPS Y6, Y6, Y6 // the sum of g = dy gamma
	VXORPS Y7, Y7, Y7 // and that of g (x-mean) rstd
	XORQ AX, AX

sums:
	HAT
	VMULPS (R10)(AX*1), Y1, Y2
	VADDPS Y2, Y6, Y6
	VFMADD231PS Y0, Y2, Y7
	VADDPS (R13)(AX*1), Y1, Y3
	VMOVUPS Y3, (R13)(AX*1)
	VFMADD213PS (R12)(AX*1), Y0, Y1
	VMOVUPS Y1, (R12)(AX*1)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  sums
	MEAN(Y6, X6, Y11)
	MEAN(Y7, X7, Y12)
	XORQ AX, AX

grad:
	HAT
	VMULPS (R10)(AX*1), Y1, Y1
	VSUBPS Y11, Y1, Y1
	VFNMADD231PS Y12, Y0, Y1
	VMULPS Y14, Y1, Y1
	VMOVUPS Y1, (DI)(AX*1)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  grad
	ADDQ CX, SI
	ADDQ CX, DI
	ADDQ CX, R11
	ADDQ $4, R8
	ADDQ $4, R9
	DECQ DX
	JNZ  row
	VZEROUPPER
	RET
